from . import test_goods_beside
