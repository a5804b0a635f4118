"""The data sets by the names that --data takes. No torch here: the window offers them."""

DIGITS = "digits"
CHOICES: dict[str, str] = {
    DIGITS: "Digits, 8 x 8",
    "mnist": "MNIST, 5,000 of its digits",
    "words": "Words of ten languages",
    "speech": "Speech of nine people",
    "mnist-full": "MNIST, whole (downloads 11 MB)",
    "fashion": "FashionMNIST (downloads 30 MB)",
    "cifar10": "CIFAR-10 (downloads 170 MB)",
}
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif")
