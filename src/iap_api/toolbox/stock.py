"""What it means when the cupboard refuses: nothing left, fewer than are out, no longer kept, or there already.

How the rule holds: a toolbox item is inserted, and in that statement a trigger raises the resource's count with one
conditional UPDATE (`issued < stock`). Rivals for the last piece queue on the resource's row and read it anew when
their turn comes, so the last one finds nothing left. The check `issued BETWEEN 0 AND stock` stands behind it, and is
what refuses a stock below what is out (migrations/rules/stock.py).
"""

from iap_api.core.errors import Conflict
from iap_api.core.refusals import refuse


class OutOfStock(Conflict):
    status, kind, title = 409, "out-of-stock", "None is left in stock"
    advice = "Every piece is in a toolbox: choose something else, or return one first."


class StockBelowIssued(Conflict):
    status, kind, title = 409, "stock-below-issued", "More are in toolboxes than that"
    advice = "Return what is out first, or enter a stock that counts what is in toolboxes too."


class ResourceEnded(Conflict):
    status, kind, title = 409, "resource-ended", "The resource is no longer in the catalogue"
    advice = "Choose another resource; pieces that are still in toolboxes stay there until they are returned."


class TakenOver(Conflict):
    status, kind, title = 409, "taken-over", "That entry of the shipped catalogue is here already"
    advice = "Find it with GET /v1/resources?catalogue_key= and raise its stock instead."


refuse("out-of-stock", OutOfStock)
refuse("ck_resources_issued", StockBelowIssued)
refuse("resource-ended", ResourceEnded)
refuse("uq_resources_school_id_catalogue_key", TakenOver)
refuse("uq_resources_base_id_catalogue_key", TakenOver)
