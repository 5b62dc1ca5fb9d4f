"""All pages of a history, read concurrently and certified as whole.

Pure logic over a ``fetch(kind, page, size)`` and an ``open`` that makes a page of its answer.
Pages are fetched concurrently, and a history can change in the meantime. A reading has a
certificate of how it was verified to be whole:

``snapshot``
    Read twice, on two page grids (forward with N rows a page, backward with N-1), with the same
    entries both times. Only with pages of a few rows could a change disturb both in the same way.
``single page``
    One answer held everything.
``by id``
    As many different identifiers as the vendor announces entries. Whole, as long as no entry
    was replaced by another while it was read.
``append-only``
    Every page announced the same total and held the rows it should, and the first page was
    still the same at the end. Whole, as long as entries are only ever added.

Entries without identifiers can be identical and still be two. But an entry on two pages can also
mean that entries shifted between them, and then a second reading decides.
"""

from billnb.paging.memory import HeldBytes, Received
from billnb.paging.reading import CERTIFICATES, Part, Reading, read
from billnb.paging.source import Source

__all__ = ["CERTIFICATES", "HeldBytes", "Part", "Reading", "Received", "Source", "read"]
