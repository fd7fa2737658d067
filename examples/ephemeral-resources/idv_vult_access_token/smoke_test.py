"""Fails unless the tenant lets the token see its weights."""

import os
import urllib.request

request = urllib.request.Request(
    f"{os.environ['IDV_VULT_BASE_URL']}/idv/weights",
    headers={"Authorization": f"Bearer {os.environ['VULT_TOKEN']}"},
)
with urllib.request.urlopen(request, timeout=30) as answer:
    print("The tenant answered with status", answer.status)
