"""Constants of the Odoo models: selections with labels, pauses and limits. Amazon's own names live in `spapi.const`."""

import re
from datetime import timedelta

REGIONS = [
    ("na", "North America"),
    ("eu", "Europe"),
    ("fe", "Far East"),
]

# The steps of the guided set-up.
SETUP_STEPS = [
    ("connect", "Connect"),
    ("marketplaces", "Marketplaces"),
    ("match", "Orders"),
    ("rules", "Rules"),
    ("dry_run", "Dry Run"),
]

# What an operation of Amazon's is for, as a key of the texts that name it.
AMAZON_FEATURES = {
    "getAccessToken": "login",
    "getMarketplaceParticipations": "marketplaces",
    **dict.fromkeys(("searchOrders", "getOrder"), "orders"),
    "cancelOrder": "cancelling",
    **dict.fromkeys(("createFeedDocument", "createFeed", "getFeed", "getFeedDocument"), "feeds"),
    "getFeeds": "lost_feeds",
    **dict.fromkeys(("createReport", "getReport", "getReportDocument", "createRestrictedDataToken"), "reports"),
    "listTransactions": "finances",
    **dict.fromkeys(("createDestination", "getDestinations", "deleteDestination"), "notifications"),
    **dict.fromkeys(("createSubscription", "getSubscription", "deleteSubscriptionById"), "notifications"),
}

# What calls are for that are counted against Amazon's allowance.
ALLOWANCE_PURPOSES = ("reading", "person", "push", "sweep", "cancelling", "other")
# Of the allowances that can become short, what the account shows.
SHOWN_ALLOWANCES = ("searchOrders", "getOrder", "createFeed", "createReport")
DAY_SECONDS = 86400
# So far behind the others, the reading of shipped orders is said to be.
SHIPPED_IS_LATE_AFTER_HOURS = 3

# What a connection test says of a call.
CONNECTION_STATES = [
    ("works", "Works"),
    ("role", "Role missing"),
    ("region", "Wrong region"),
    ("token", "Not the seller's token"),
    ("client", "Not the application's secret"),
    ("marketplace", "Not active in a marketplace"),
    ("disturbed", "Amazon disturbed"),
    ("refused", "Refused"),
]
# Where it is mended: the page in Seller Central, and the paragraph of the documentation.
SELLER_CENTRAL_PAGES = {
    **dict.fromkeys(("role", "region", "token", "client"), "/sellingpartner/developerconsole"),
    "marketplace": "/account-switcher/default/merchantMarketplace",
    "disturbed": "/sp-api-status",
}
CONNECTION_DOCS = {
    "role": "connecting.html#2-the-roles",
    "region": "connecting.html#4-authorise-it-once-for-each-region",
    "token": "connecting.html#4-authorise-it-once-for-each-region",
    "client": "connecting.html#3-the-application-and-its-secret",
    "marketplace": "connecting.html#6-the-marketplaces",
    "disturbed": "connecting.html#what-test-connection-says",
    "refused": "connecting.html#what-test-connection-says",
}
SELLER_CENTRAL_URLS = {
    "na": "https://sellercentral.amazon.com",
    "eu": "https://sellercentral-europe.amazon.com",
    "fe": "https://sellercentral.amazon.co.jp",
}
DOCS_URL = "/sale_amazon_cancellation/static/docs/"

# The sources of requests, the first and last resort first.
SOURCES = [
    ("search", "Search"),
    ("push", "Notifications"),
    ("sweep", "Sweep"),
    ("mail", "Amazon's mails"),
]

ORDER_STATUSES = [
    ("pending_availability", "Pending availability"),
    ("pending", "Pending"),
    ("unshipped", "Unshipped"),
    ("partially_shipped", "Partially shipped"),
    ("shipped", "Shipped"),
    ("cancelled", "Cancelled"),
    ("unfulfillable", "Unfulfillable"),
]
KNOWN_ORDER_STATUSES = {value for value, _label in ORDER_STATUSES}

# What Amazon is about to do to an order, as its reports tell; the graver sorts first.
VERGES = [
    ("cancellation", "Amazon is about to cancel it"),
    ("late", "About to count as shipped late"),
]

OPEN_ORDER_STATUSES = ("unshipped", "partially_shipped")

REQUEST_STATES = [
    ("requested", "Requested"),
    ("accepted", "Accepted"),
    ("declined", "Declined"),
    ("withdrawn", "Withdrawn"),
    ("overtaken", "Overtaken"),
]

# Values of `CancelReason` in Amazon's OrderAcknowledgement schema.
CANCEL_REASONS = [
    ("BuyerCanceled", "Buyer cancelled"),
    ("NoInventory", "No inventory"),
    ("GeneralAdjustment", "General adjustment"),
    ("PricingError", "Pricing error"),
    ("ShippingAddressUndeliverable", "Shipping address undeliverable"),
    ("CustomerExchange", "Customer exchange"),
    ("CustomerReturn", "Customer return"),
    ("CarrierCreditDecision", "Carrier credit decision"),
    ("RiskAssessmentInformationNotValid", "Risk assessment information not valid"),
    ("CarrierCoverageFailure", "Carrier coverage failure"),
    ("MerchandiseNotReceived", "Merchandise not received"),
]
BUYER_CANCELED = "BuyerCanceled"
# What a seller may choose where the buyer did not ask: Seller Central's own list without "buyer cancelled".
SELLER_CANCEL_REASONS = [
    (value, label)
    for value, label in CANCEL_REASONS
    if value
    in {
        "NoInventory",
        "GeneralAdjustment",
        "PricingError",
        "ShippingAddressUndeliverable",
        "CustomerExchange",
    }
]

CANCELLATION_STATES = [
    ("scheduled", "Scheduled"),
    ("sent", "Sent"),
    ("accepted", "Accepted by Amazon"),
    ("confirmed", "Cancelled at Amazon"),
    ("refused", "Refused by Amazon"),
    ("withdrawn", "Withdrawn"),
]
OPEN_CANCELLATION_STATES = ("scheduled", "sent", "accepted")

# What screens show of an order: the open question first, then what became of it.
CANCEL_PROGRESS = [
    ("requested", "Cancellation requested"),
    ("cancelling", "Cancelling at Amazon"),
    ("refused", "Refused by Amazon"),
    ("untold", "Amazon not told"),
    ("cancelled", "Cancelled at Amazon"),
    ("kept", "Kept"),
    ("withdrawn", "Request withdrawn"),
    ("overtaken", "Request overtaken"),
]

# What the analysis tells of an order, beside its cancellation.
ANALYSED_FIELDS = {
    "amazon_cancel_account_id",
    "amazon_cancel_marketplace_id",
    "amazon_cancel_request",
    "amazon_cancel_request_date",
    "amazon_decided_date",
    "amazon_fulfillment_status",
}

# What a buyer asks for: Amazon cancels whole orders only.
REQUEST_SCOPES = [
    ("whole", "The whole order"),
    ("part", "Only a part"),
]

# How far the goods of an order are; what can still be stopped sorts first.
GOODS_STATES = [
    ("nothing", "Nothing done yet"),
    ("picked", "Picked or packed"),
    ("shipped", "Gone"),
]
GOODS_STATE_OF_PROGRESS = {"none": "nothing", "picking": "picked", "left": "shipped"}

# The time left until the ship-by date, as the hours that it is less than; the shortest sorts first.
TIMES_LEFT = [
    ("00", "Late"),
    ("04", "Less than 4 hours"),
    ("24", "Less than a day"),
    ("99", "A day or more"),
]

# Buttons by which other apps replace Odoo's own Cancel on sale orders: OCA's sale_cancel_reason.
CANCEL_BUTTONS_OF_OTHERS = ("action_cancel_wizard",)

# Why Amazon is not told of an order that is cancelled in Odoo.
UNTOLD_REASONS = [
    ("family", "Another sale order of the same Amazon order stands"),
    ("account", "Several Amazon accounts can be meant, and the order was not read yet"),
]

CANCELLED_BY = [
    ("buyer", "Buyer"),
    ("merchant", "Seller"),
    ("amazon", "Amazon"),
]

# Amazon answers a search only for what is two minutes old; the margin covers the way to Amazon.
SEARCH_SETTLES_AFTER = timedelta(minutes=2, seconds=10)
# Scheduled reads come every five minutes, so after this long something is wrong.
READING_IS_LATE_AFTER = timedelta(minutes=30)
# The same while notifications come: then the search, every half an hour, only proves that nothing is missed.
PROVING_IS_LATE_AFTER = timedelta(hours=1)
# Notifications count as long as some come, and the scheduled action that receives them runs.
PUSH_IS_TRUSTED_FOR = timedelta(hours=2)
RECEIVING_IS_LATE_AFTER = timedelta(minutes=10)
# A notification that came so shortly before the change that a search shows may still be the one that told it.
CLOCK_TOLERANCE = timedelta(seconds=30)
# Less is shown as this much: the reading itself lags two minutes behind.
SMALLEST_AGO = timedelta(minutes=1)
# A marketplace that keeps failing is left alone for longer and longer.
FAILURE_PAUSES = [timedelta(0), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
# What Amazon refuses of a search, or does not answer usably, so often in a row is read around for so long before the
# usual way is tried again; by so many calls in a run, and by windows no smaller than this.
DETOUR_LASTS = timedelta(hours=1)
DETOUR_CALLS = 8
DETOUR_AFTER_REFUSALS = 2
DETOUR_AFTER_FAILURES = 3
SMALLEST_WINDOW = timedelta(minutes=1)
# A report that stands in for a search is asked for no oftener.
WANTED_REPORT_PAUSE = timedelta(hours=1)
# How often an effect is tried where another worker changes the same records.
CONCURRENT_TRIES = 5
CONCURRENT_TRIES_TOGETHER = 2
# Unknown orders that are shipped or cancelled leave the list after this long.
UNKNOWN_ORDERS_KEPT = timedelta(days=60)
# Orders of a report that are applied and committed together.
REPORT_BATCH = 200

# A queue's message that cannot be worked off is parked when it came this often.
POISON_TRIES = 3
# The queue repeats a message within 14 days at most.
NOTIFICATIONS_KEPT = timedelta(days=30)
# Long polling, SQS's own limit; and how often in one run.
LISTEN_SECONDS = 20
LISTEN_AT_LEAST_SECONDS = 1
RECEIVES_PER_RUN = 30
# So few orders are read one by one while the next notifications may wait: a second's work.
READ_BETWEEN_RECEIVES = 2

# A report is looked for this long after it was asked for.
REPORT_IS_MADE_WITHIN = timedelta(minutes=3)
SWEEP_METHODS = [("report", "By report"), ("search", "By search")]
SWEEP_RHYTHMS = [
    ("never", "Never"),
    ("hourly", "Every hour"),
    ("six_hours", "Every 6 hours"),
    ("daily", "Every day"),
]
SWEEP_INTERVALS = {"hourly": timedelta(hours=1), "six_hours": timedelta(hours=6), "daily": timedelta(days=1)}
# So many orders of a window take as many calls as Amazon lets pass at once; a report is quicker then.
SWEEP_BACKLOG_ORDERS = 2000
SWEEP_BACKLOG_PAUSE = timedelta(hours=6)
# Of the reports that need a time span: orders older than that are shipped or cancelled long since.
SWEEP_REPORT_SPAN = timedelta(days=30)
# Of the search that does without a report: Amazon cancels an unshipped order long before.
SWEEP_SEARCH_SPAN = timedelta(days=90)
# Calls of searchOrders' burst of 20 that a sweep leaves to the search for what is new.
SWEEP_CALLS_SPARED = 10
# After so many failures in a row a sweep is tried again.
SWEEP_FAILURE_PAUSES = [
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=3),
]
# A sweep whose last end is older than its rhythm by this much is silent.
SWEEP_IS_LATE_AFTER = timedelta(hours=12)
# A sweep that has not ended by then is given up.
SWEEP_GIVEN_UP_AFTER = timedelta(hours=8)

# Pauses between readings of one order whose answers prove nothing, or that cannot be read.
READ_PAUSES = [timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12)]
# Pauses between tries of what follows from a reading and was refused, such as cancelling a locked order.
FOLLOW_UP_PAUSES = [timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4), timedelta(hours=24)]
FOLLOW_UPS_PER_RUN = 100
# As soon as so many orders wait for what follows, a reading does it before it goes on.
FOLLOW_UPS_TOGETHER = 100

# A unit of work: so long it may ask Amazon in one turn. One that failed slowly rests for a growing time, so many times
# as long as its turn took at most; and one whose turn never ended so often. What took long waits so many times longer.
TIME_BOX = timedelta(seconds=30)
# Where a turn may end: these calls ask only, or are told as not made.
BOXED_OPERATIONS = ("searchOrders", "getOrder", "cancelOrder", "getFeed", "getFeeds", "getReport", "listTransactions")
UNIT_IS_SLOW = timedelta(seconds=5)
UNIT_REST_TIMES = 20
UNIT_REST_MOST = timedelta(minutes=15)
UNIT_KILLS = 2
UNIT_HANDICAP = 5
UNIT_HANDICAP_MOST = timedelta(minutes=4)
# The first lane of each kind of work, and how many lanes there may be.
UNIT_CRONS = {"read": "ir_cron_read", "receive": "ir_cron_receive", "sweep": "ir_cron_sweep", "tell": "ir_cron_cancel"}
LANES_MOST = 16
LANES_PARAMETER = "sale_amazon_cancellation.lanes"
# What was handed over to a job of another addon's queue and is not done by then is done by the scheduled actions.
JOB_PATIENCE = timedelta(minutes=10)

# Orders read one by one in a run stay below getOrder's burst of 30.
SINGLE_READS_PER_RUN = 20
# Orders that no reading has shown yet, or that a sweep misses, are read one by one at once where they are few. Of many,
# the search shows most within this time.
MISSING_READ_AT_ONCE = 100
MISSING_READ_WITHIN = timedelta(hours=2)
IMPORT_READ_WITHIN = timedelta(hours=2)
# So long after an order was made at Amazon it may come into Odoo with that very time as its own; and the calls of the
# search's burst of 20 that are left to the others.
IMPORT_TAKES = timedelta(minutes=30)
IMPORT_CALLS_SPARED = 12
# So few that a report misses are soon read themselves: what notifications told of the others is proven by that.
MISSING_READ_THEMSELVES = 500

# Cancellations of an account worked on together: about what a feed of 10 MiB holds.
WORKED_ON_TOGETHER = 20_000
# More than `SINGLE_READS_PER_RUN` orders are not looked at one by one: what was read of all tells, if it is no older
# than this. Those that no reading shows for an hour are looked at, within what is left of getOrder's burst beyond some.
LOOK_IS_FRESH_FOR = timedelta(minutes=10)
LOOK_PATIENCE = timedelta(hours=1)
PROOF_PATIENCE = timedelta(hours=4)
LOOKS_SPARED = 8
# After Amazon has reported on many: its search shows by then what it has done.
SEARCH_SHOWS_WITHIN = timedelta(minutes=5)
# So many looks are renewed within this time.
LOOKS_RENEWAL = timedelta(seconds=45)
# createFeed is renewed once in 120 seconds.
FEED_RENEWAL = timedelta(minutes=2)
# After Amazon said that its cancellation call is not available, it is not asked again for this long.
REST_REFUSAL_LASTS = timedelta(days=1)

# A feed that Amazon keeps longer than this is doubted and its orders are read (Amazon: up to 8 hours under load).
FEED_IS_STUCK_AFTER = timedelta(hours=8)
MAX_ATTEMPTS = 4
# Amazon looks at the Cancellation Rate of this many days, and acts on sellers at this limit.
RATE_DAYS = 7
# So many orders of a week, or more, are counted from time to time, fewer each time that the rate is shown.
RATE_WEEK_KEPT_FROM = 1000
RATE_WEEK_LASTS = timedelta(hours=2)
RATE_MONTH_DAYS = 30
RATE_MONTH_LASTS = timedelta(days=1)
RATE_LIMIT = 0.025
# Pause before attempt n+1, and between two reads of an order that Amazon accepted to cancel but still shows open.
RETRY_PAUSES = [timedelta(minutes=20), timedelta(hours=1), timedelta(hours=4)]
READ_BACK_PAUSES = [timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4)]
# An order or feed for which Amazon gives no usable answer is asked again in the next run, then left alone for longer
# and longer, while the others go on.
FAILED_ORDER_PAUSES = [
    timedelta(0),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
]
# So many of the same refusal, over at least so long, are Amazon's no; and a refused one is tried once more after a day.
REFUSAL_IS_FINAL_COUNT = 3
REFUSAL_IS_FINAL_AFTER = timedelta(hours=2)
REFUSED_TRIED_AGAIN_AFTER = timedelta(days=1)
# So many orders that fail one after the other, with none that does not, mean that more than an order is wrong.
FAILURES_OF_ALL = 3
# What is due and not told to Amazon for so long is said to a person.
TELLING_IS_LATE_AFTER = timedelta(hours=1)
# A feed whose creation was not answered shows in getFeeds within this time, or was not created.
FEED_APPEARS_WITHIN = timedelta(minutes=2)
# Where no content shows whose a feed of that time is: Amazon has done what it does within the first, and a feed that it
# still works on then is waited for until the second. What is sent twice Amazon refuses.
FEED_SETTLES_WITHIN = timedelta(minutes=15)
FEED_DOUBT_LASTS = timedelta(hours=1)
FEED_CLOCK_TOLERANCE = timedelta(seconds=30)
# searchOrders is renewed once in 180 seconds.
THROTTLED_PAUSE = timedelta(minutes=3)
# How long the log of readings is kept, where the settings say nothing else.
LOG_DAYS = 30
LOG_DAYS_PARAMETER = "sale_amazon_cancellation.sync_log_days"
# The set-up reads so many pages of 100 orders while a person waits, and names so many that are not in Odoo.
SETUP_PAGES = 10
SETUP_UNKNOWN_SHOWN = 10
# An undecided request is reminded of so many hours before its ship-by date: a working day's chance to decide.
REMIND_HOURS = 12
# The client action that tells of a decision and offers to undo it; so many reasons are offered beside.
DECISION_ACTION = "sale_amazon_cancellation.decision"
KEEP_REASONS_OFFERED = 4
# The states in which a move moves nothing any more.
PAST_MOVES = ("done", "cancel")
# An order's delivery status while a transfer of it is open.
OPEN_DELIVERIES = ("pending", "started", "partial")
# The message that lets open forms of deliveries show what is true now.
DELIVERY_CHANGED = "sale_amazon_cancellation.delivery_changed"
# A kept order is among those just decided for so long; Amazon is told nothing of it, so nothing ends its undo before.
KEPT_JUST_NOW = timedelta(minutes=30)
# Asking Amazon while somebody waits for a delivery to be validated: no longer than this in seconds for each answer,
# and not again for an order that was read within the last minute.
CHECK_TIMEOUT = 5.0
CHECK_IS_FRESH_FOR = timedelta(minutes=1)
# Amazon's mail relay, e.g. abc123@marketplace.amazon.de: the only address of the buyer that a seller gets.
RELAY_ADDRESS = re.compile(r"@marketplace\.amazon\.[a-z.]+$")
# The 3-7-7 form of Amazon's order ids, as a pattern of `=like`: it finds candidates; matching is always exact.
ORDER_ID_LIKE = "___-_______-_______"
# Where an order id stands is looked for in so many of the newest orders, and rows of each binding; again after a day.
ORDER_REF_SAMPLE = 2000
ORDER_REF_LOOK_PAUSE = timedelta(days=1)
# An id between other characters, as people and connectors write it; letters occur in none that was ever seen.
ORDER_ID_DIGITS = re.compile(r"(?<!\d)\d{3}-\d{7}-\d{7}(?!\d)")
# Fields of Odoo's and of Enterprise's connector, with what stands around the id: they are always looked at.
ORDER_REF_OWN_PLACES = {
    ("amazon_order_ref", "", ""),
    ("client_order_ref", "", ""),
    ("origin", "", ""),
    ("origin", "Amazon ", ""),
}
# The names that connectors use, of which the first wins where several fields hold as many ids.
ORDER_REF_NAMES = (
    "amz_order_reference",
    "amazon_reference",
    "amz_order_id",
    "amazon_order_id",
    "amazon_seller_order_id",
    "id_amazon_order",
    "external_id",
    "store_order_id",
    "marketplace_order_id",
    "ecommerce_order_ref",
    "name",
    "reference",
)
ITEM_REF_NAMES = ("amazon_order_item_id", "amz_order_line_ref", "amazon_item_id", "id_item", "external_id")
# A module that computes the order id, and lets nobody search it, is asked for so many of the newest orders.
COMPUTED_REFS_SEARCHED = 2000
# A connection test that met a disturbance is made again after this long, and not only the week after.
DISTURBED_TEST_PAUSE = timedelta(days=1)
# The feeds of so long ago are asked for, to see whether Amazon lists feeds.
FEEDS_TRIED_SINCE = timedelta(hours=1)
