"""The bins somebody may see: a contractor those of the own areas, everybody else all of them."""

import hashlib
import json

from fastapi import Depends, Request

from api.access import Asking, Who
from api.bins.encoded import Encoded
from api.services import Hands
from tomma.city import City
from tomma.errors import NotFoundError
from tomma.model import BinId

GZIP_LEVEL = 5


def own_bin(hands: Hands, who: Asking, request: Request) -> None:
    """Let through who may see the bin that is asked for; NotFoundError with the words for one that is missing."""
    bin_id = request.path_params.get("bin_id")
    if bin_id is not None and who.areas is not None and not who.sees_bin(hands.city.current(), BinId(bin_id)):
        raise NotFoundError(f"there is no bin {bin_id}")


OwnBin = Depends(own_bin)


def own_bins(encoded: Encoded, city: City, who: Who) -> Encoded:
    """Return the list with the bins that may be seen."""
    if who.areas is None:
        return encoded
    told = json.loads(encoded.body)
    told["bins"] = [each for each in told["bins"] if who.sees_bin(city, BinId(each["id"]))]
    mark = hashlib.blake2b("\n".join(sorted(who.areas)).encode(), digest_size=6).hexdigest()
    body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    return Encoded.of(f"{encoded.etag.strip('"')}-{mark}", body, GZIP_LEVEL)
