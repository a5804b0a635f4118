from .build import index as index
from .build import make_spec as make_spec
from .index_reader import Index as Index
from .index_reader import TopPicture as TopPicture
from .index_reader import UnitRecord as UnitRecord
from .merge_indexes import merge as merge
from .spec import usual_layers as usual_layers
