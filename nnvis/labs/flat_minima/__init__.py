"""Does it matter how flat the loss is around a solution?"""
