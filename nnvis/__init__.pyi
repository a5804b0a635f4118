from . import attacks as attacks
from . import featurevis as featurevis
from . import labs as labs
from . import models as models
from . import probe as probe
from . import sources as sources
from . import top_images as top_images
from . import views as views
from .api.lightning import WatchCallback as WatchCallback
from .api.model_view import ModelView as ModelView
from .api.opening import open as open
from .api.watching import Watch as Watch
from .api.watching import watch as watch
from .api.window import ShownWindow as ShownWindow
from .api.window import show as show
from .errors import UserError as UserError

__version__: str
