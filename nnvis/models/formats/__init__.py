"""Where networks come from: libraries, files, code, and the way to ONNX."""
