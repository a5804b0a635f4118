from . import attacks as attacks
from . import featurevis as featurevis
from . import labs as labs
from . import models as models
from . import probe as probe
from . import sources as sources
from . import top_images as top_images
from . import views as views
from .api.opening import open as open
from .api.watching import Watch as Watch
from .api.watching import watch as watch

__version__: str
