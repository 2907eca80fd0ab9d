"""The local Amazon: a small HTTP server that behaves as Amazon's documentation says.

With it everything runs without an account.

Start it: ``python -m dev.amazon --port 8080 --state amazon.json --demo``, then open the printed address for its page.
In a test::

    amazon = LocalAmazon()
    amazon.start()
    order = amazon.shop.add_order("A1LOCALEU", sku="MUG")
    amazon.shop.ask_to_cancel(order.order_id, "Found cheaper somewhere else.")
    amazon.shop.advance(180)  # a search shows only what is two minutes old

Point the addon to it with ``AMAZON_SPAPI_ENDPOINT_URL`` and ``AMAZON_LWA_ENDPOINT_URL``, set to ``amazon.api_url`` and
``amazon.url``.

Where to find what:

- ``server`` starts and stops, ``app`` takes a request through token, rate and fault to its operation,
  ``operations`` lists them.
- ``records`` are the things Amazon keeps, ``keeper`` holds them (``storage`` and ``codec`` put them in a file),
  ``shop`` plays buyer, seller and Amazon, ``cancelling`` cancels.
- ``roles`` tells which role opens what, ``tokens`` gives restricted tokens.
- ``auth``, ``orders``, ``feeds``, ``reports``, ``notifications``, ``finances``, ``sellers``,
  ``documents``: one API each.
- ``feed_rules`` checks and carries out what a cancellation feed says.
- ``faults``, ``rates``, ``clock``, ``calls``: outages, budgets, time and the call log;
  ``control`` steers them over HTTP.
- ``page`` is the page for people, ``seeds`` fills the demo shop.

Amazon's time is this machine's time plus an offset that only ``advance`` and ``set_clock``
change, so no test ever sleeps.
"""
