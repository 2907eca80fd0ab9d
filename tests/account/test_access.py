import os
from datetime import timedelta
from email.utils import format_datetime
from unittest.mock import patch

from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import Form, tagged

from ...dev.amazon.auth import CLIENT_ID, CLIENT_SECRET, access_of
from ...dev.amazon.role_names import FINANCE, INSIGHTS, INVENTORY, LISTING, SHIPPING, TAX
from ...spapi.calls.orders import NO_ORDER
from ...spapi.clock import note_date
from ..common import SELLER, AmazonCase

SELLERS = {"na": ("A1LOCALNA", "us"), "eu": ("A1LOCALEU", "de"), "fe": ("A1LOCALFE", "jp")}
LIST = "The list of your marketplaces"
SWEEP = "The sweep by report"


class AccessCase(AmazonCase):
    """Sellers of each region, with the roles that they really have."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # As at Amazon, where each region has an address of its own.
        cls.startClassPatcher(patch.dict(os.environ, AMAZON_SPAPI_ENDPOINT_URL=cls.amazon.api_url))
        cls.system = cls._create_user("amazon_system", "sales_team.group_sale_manager", "base.group_system")

    def _advance_clock(self, seconds):
        self.shop.advance(seconds)
        for region in SELLERS:
            note_date(self.amazon.api_url.format(region=region), format_datetime(self.shop.now()))

    def _connect(self, region, **values):
        seller_id, marketplace = SELLERS[region]
        return self._create_account(
            **{
                "name": f"Shop {region}",
                **access_of(seller_id),
                "region": region,
                "marketplace_ids": [(6, 0, self._marketplace(marketplace).ids)],
                **values,
            }
        )

    def _marketplace(self, country):
        return self.env.ref(f"sale_amazon_cancellation.marketplace_{country}")

    def _lines(self, account):
        """What a test found, as `{feature: whether it works}`."""
        return {line[2:].split(":")[0]: line.startswith("✔") for line in account.connection_message.splitlines()}


@tagged("post_install", "-at_install")
class TestAccess(AccessCase):
    """Each call is tried, and what is refused is told by its own reason."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.unlink()

    def test_each_role_in_each_region(self):
        restricted = {SHIPPING}
        for region in SELLERS:
            for roles in ({INVENTORY}, {INVENTORY, LISTING}, {INVENTORY, INSIGHTS}, {INVENTORY} | restricted):
                with self.subTest(region=region, roles=roles):
                    self.shop.set_roles(*roles)
                    account = self._connect(region)
                    account.action_test_connection()
                    found = self._lines(account)
                    listed = region == "fe" or bool(roles & {LISTING, INSIGHTS, SHIPPING, TAX})
                    self.assertEqual(
                        found,
                        {
                            "Logging in": True,
                            LIST: listed,
                            "Reading the orders": True,
                            SWEEP: SHIPPING in roles,
                            "Telling Amazon cancellations by feed": True,
                            "Finding a feed again whose answer was lost": True,
                        },
                    )
                    self.assertEqual(account.sweep_method, "report" if SHIPPING in roles else "search")
                    account.unlink()

    def test_success_where_all_works_and_a_warning_where_something_optional_does_not(self):
        account = self._connect("eu", marketplace_ids=False)
        self.assertEqual(account.action_test_connection()["params"]["type"], "success")
        self.shop.set_roles(INVENTORY)
        action = account.action_test_connection()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("Direct to Consumer Shipping", action["params"]["message"])
        self.assertIn("Product Listing or Selling Partner Insights", action["params"]["message"])
        self.assertNotIn("region", action["params"]["message"], "reading works, so the region is right")

    def test_without_the_list_the_marketplaces_are_asked_for(self):
        self.shop.set_roles(INVENTORY, SHIPPING)
        self.shop.seller(SELLER).denied_operations = ["getMarketplaceParticipations"]
        account = self._connect("eu", marketplace_ids=False)
        action = account.action_test_connection()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("Choose the marketplaces", action["params"]["message"])

    def test_finances_are_tried_where_they_are_wanted(self):
        self.shop.set_roles(INVENTORY, LISTING)
        account = self._connect("eu", ask_for_proof=True)
        account.action_test_connection()
        self.assertFalse(self._lines(account)["What Amazon booked for an order"])
        self.assertIn(FINANCE, account.connection_message)
        self.shop.set_roles(INVENTORY, LISTING, FINANCE)
        account.action_test_connection()
        self.assertTrue(self._lines(account)["What Amazon booked for an order"])

    def test_without_the_role_for_orders_it_fails_and_names_the_role(self):
        for region in SELLERS:
            self.shop.set_roles(LISTING, SHIPPING)
            account = self._connect(region)
            with self.assertRaisesRegex(UserError, r"lacks a role \(Inventory and Order Tracking\)"):
                account.action_test_connection()
            account.unlink()

    def test_another_regions_token(self):
        self.shop.set_roles(INVENTORY)
        for region, label in (("na", "North America"), ("eu", "Europe"), ("fe", "Far East")):
            for wrong in set(SELLERS) - {region}:
                seller_id = SELLERS[region][0]
                account = self._connect(wrong, lwa_refresh_token=f"Atzr|local-{seller_id}")
                with self.assertRaises(UserError) as caught:
                    account.action_test_connection()
                self.assertIn(f"of the region {label}", str(caught.exception))
                account.unlink()

    def test_causes_are_told_apart_and_said_once(self):
        causes = {
            "LWA client id or secret": lambda shop: setattr(shop.application(), "client_secret", "renewed"),
            "another application": lambda shop: setattr(shop.seller(SELLER), "client_id", "amzn1.other"),
            "the seller has revoked it": lambda shop: setattr(shop.seller(SELLER), "authorisation_revoked", True),
            "lacks a role": lambda shop: shop.take_role(INVENTORY),
            "HTTP 503": lambda shop: shop.faults.add("searchOrders", "http", status=503),
            "rate limit is reached": lambda shop: shop.faults.add("searchOrders", "throttled"),
            "could not be reached": lambda shop: shop.faults.add("searchOrders", "drop_before"),
            "could not be understood": lambda shop: shop.faults.add("searchOrders", "odd_json"),
        }
        account = self._connect("eu", marketplace_ids=[(6, 0, (self.germany | self.france).ids)])
        for cause, damage in causes.items():
            with self.subTest(cause):
                self.amazon.reset()
                damage(self.amazon.shop)
                with self.assertRaises(UserError) as caught:
                    account.action_test_connection()
                line = next(line for line in str(caught.exception).splitlines() if line.startswith("✘"))
                self.assertIn(cause, line)
                self.assertFalse([other for other in causes if other != cause and other in line])
                self.assertNotIn("by itself", line)
                sentences = line.split(". ")
                self.assertEqual(len(sentences), len(set(sentences)))

    def test_marketplaces_that_are_refused_alone_are_named_by_few_calls(self):
        self.shop.seller(SELLER).marketplace_ids.remove(self.france.api_ref)
        self.shop.seller(SELLER).denied_operations = ["getMarketplaceParticipations"]
        europe = self.env["amazon.cancellation.marketplace"].search([("region", "=", "eu")])
        account = self._connect("eu", marketplace_ids=[(6, 0, europe.ids)])
        action = account.action_test_connection()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("Amazon.fr: Amazon refuses it and answers for others", account.connection_message)
        self.assertNotIn("Amazon.de:", account.connection_message)
        self.assertLessEqual(self.amazon.calls.count("searchOrders"), 12)
        self.assertEqual(account.marketplace_ids, europe, "a person takes it off")

    def test_no_chosen_marketplace_is_the_sellers(self):
        self.shop.seller(SELLER).marketplace_ids.remove(self.france.api_ref)
        account = self._connect("eu", marketplace_ids=[(6, 0, self.france.ids)])
        with self.assertRaisesRegex(UserError, "Amazon.fr: .*not active there"):
            account.action_test_connection()

    def test_what_is_the_same_for_all_marketplaces_is_said_once(self):
        account = self._connect("eu", marketplace_ids=[(6, 0, (self.germany | self.france).ids)])
        self._read()
        self.shop.set_roles(LISTING)
        self._read()
        self.assertEqual(account.sync_message.count("lacks a role"), 1)
        self.assertIn("Amazon.de", account.sync_message)
        self.assertIn("Amazon.fr", account.sync_message)

    def test_a_scheduled_reading_says_that_it_is_tried_again(self):
        account = self._connect("eu")
        self.amazon.faults.add("searchOrders", "http", times=9, status=503)
        self._read()
        self.assertIn("tried again by itself", account.sync_message)

    def test_a_marketplace_refused_alone_is_named_as_the_reason(self):
        account = self._connect("eu", marketplace_ids=[(6, 0, (self.germany | self.france).ids)])
        self.shop.seller(SELLER).marketplace_ids.remove(self.france.api_ref)
        self._read()
        self.assertIn("Amazon.fr", account.sync_message)
        self.assertIn("not active", account.sync_message)
        self.assertNotIn("lacks a role", account.sync_message)

    def test_the_role_of_a_report_is_that_of_its_type(self):
        self.shop.set_roles(INVENTORY, SHIPPING)
        account = self._connect("eu", sweep_report="GET_FLAT_FILE_ORDER_REPORT_DATA_INVOICING")
        account.action_test_connection()
        self.assertIn(TAX, account.sweep_method_reason)


@tagged("post_install", "-at_install")
class TestSetupRoles(AccessCase):
    """The guided set-up goes on where an answer is not needed, and can be left."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.unlink()

    def _start(self, region="eu", **values):
        form = Form(self.env["amazon.cancellation.setup"].with_user(self.system))
        form.name, form.region, form.seller_id = "My shop", region, SELLERS[region][0]
        form.lwa_client_id, form.lwa_client_secret = CLIENT_ID, CLIENT_SECRET
        form.lwa_refresh_token = values.get("token", f"Atzr|local-{SELLERS[region][0]}")
        return form.save()

    def _accounts(self):
        return self.env["amazon.cancellation.account"].with_context(active_test=False).search([])

    def _reopen(self, action):
        return self.env[action["res_model"]].with_user(self.system).browse(action["res_id"])

    def test_every_region_with_the_role_that_readme_names(self):
        self.shop.set_roles(INVENTORY)
        for region, (_seller_id, country) in SELLERS.items():
            with self.subTest(region):
                wizard = self._start(region)
                wizard.action_next()
                self.assertEqual(wizard.step, "marketplaces")
                self.assertEqual(wizard.list_refused, region != "fe")
                self.assertEqual(bool(wizard.marketplace_ids), region == "fe")
                wizard.marketplace_ids = self._marketplace(country)
                for _step in range(3):
                    wizard.action_next()
                wizard.action_finish()
                self.assertTrue(wizard.account_id.active)
                self.assertFalse(wizard.account_id.setup_step)
                self.assertEqual(wizard.account_id.sweep_method, "search")
        self._read()
        self.assertEqual(set(self._accounts().mapped("sync_state")), {"ok"})

    def test_marketplaces_picked_by_hand_are_tried_one_by_one(self):
        self.shop.set_roles(INVENTORY)
        self.shop.seller(SELLER).marketplace_ids.remove(self.france.api_ref)
        wizard = self._start()
        wizard.action_next()
        wizard.marketplace_ids = self.germany | self.france
        with self.assertRaisesRegex(UserError, "Amazon.fr"):
            wizard.action_next()
        wizard.marketplace_ids = self.germany
        self.amazon.calls.clear()
        wizard.action_next()
        self.assertEqual(wizard.step, "match")
        asked = [call.params for call in self.amazon.calls.of("searchOrders")]
        self.assertIn(("1", self.germany.api_ref), [(c.get("maxResultsPerPage"), c["marketplaceIds"]) for c in asked])

    def test_a_listed_marketplace_that_is_refused_is_taken_off(self):
        """Amazon lists it, and yet refuses its orders: the set-up goes on with the others."""
        self.amazon.faults.add("searchOrders", "http", times=99, status=403, marketplace_id=self.france.api_ref)
        wizard = self._start()
        wizard.action_next()
        self.assertIn(self.germany, wizard.marketplace_ids)
        self.assertNotIn(self.france, wizard.marketplace_ids)
        self.assertIn("Amazon.fr", wizard.account_id.connection_message)
        wizard.action_next()
        self.assertEqual(wizard.step, "match")

    def test_a_set_up_that_was_left_goes_on_at_its_step(self):
        wizard = self._start()
        wizard.action_next()
        wizard.marketplace_ids = self.germany
        wizard.action_next()
        [account] = self._accounts()
        self.assertFalse(account.active)
        wizard.unlink()
        fresh = Form(self.env["amazon.cancellation.setup"].with_user(self.system))
        self.assertEqual(fresh.left_account_id, account)
        resumed = self._reopen(account.with_user(self.system).action_go_on_setup())
        self.assertEqual((resumed.step, resumed.account_id, resumed.marketplace_ids), ("match", account, self.germany))
        for step in ("rules", "dry_run"):
            resumed.action_next()
            self.assertEqual(account.setup_step, step)
        again = self._reopen(account.with_user(self.system).action_go_on_setup())
        again.action_finish()
        self.assertTrue(account.active)
        self.assertFalse(account.setup_step)

    def test_begun_again_it_takes_the_left_one_over(self):
        self._start().action_next()
        wizard = self._start()
        wizard.action_next()
        self.assertEqual(self._accounts(), wizard.account_id)

    def test_thrown_away_whole(self):
        wizard = self._start()
        wizard.action_next()
        wizard.action_throw_away()
        self.assertFalse(self._accounts())
        self._start().action_next()
        wizard = self.env["amazon.cancellation.setup"].with_user(self.system).create({})
        wizard.action_throw_away()
        self.assertFalse(self._accounts())

    def test_a_left_one_shows_in_the_list_of_accounts(self):
        self._start().action_next()
        action = self.env.ref("sale_amazon_cancellation.amazon_seller_account_action")
        self.assertIn("search_default_current", action.context)
        search = self.env["amazon.cancellation.account"].get_view(view_type="search")
        self.assertIn("setup_step", search["arch"])
        domain = ["|", ("active", "=", True), ("setup_step", "!=", False)]
        self.assertEqual(self.env["amazon.cancellation.account"].search(domain), self._accounts())

    def test_a_working_account_is_not_thrown_away(self):
        account = self._connect("eu")
        with self.assertRaises(UserError):
            account.with_user(self.system).action_throw_away_setup()
        self.assertTrue(account.exists())

    def test_an_account_that_works_already_is_shown(self):
        for active in (True, False):
            account = self._connect("eu", active=active)
            with self.assertRaises(RedirectWarning) as caught:
                self._start().action_next()
            self.assertEqual(caught.exception.args[1]["res_id"], account.id)
            account.unlink()

    def test_back_to_the_connection_keeps_what_was_pasted(self):
        wizard = self._start()
        wizard.action_next()
        wizard.action_back()
        self.assertEqual(wizard.step, "connect")
        self.assertFalse(wizard.lwa_client_secret)
        wizard.name = "My better shop"
        wizard.action_next()
        self.assertEqual(wizard.account_id.name, "My better shop")
        self.assertEqual(wizard.account_id.lwa_client_secret, CLIENT_SECRET)

    def test_a_token_of_another_region_is_told_at_the_first_step(self):
        self.shop.set_roles(INVENTORY)
        wizard = self._start("na", token=f"Atzr|local-{SELLER}")
        with self.assertRaisesRegex(UserError, "of the region Europe"):
            wizard.action_next()

    def test_a_disturbance_promises_no_retry(self):
        for kind in ("http", "throttled"):
            self.amazon.faults.add("searchOrders", kind, times=9)
            with self.assertRaises(UserError) as caught:
                self._start().action_next()
            self.assertNotIn("by itself", str(caught.exception))
            self.assertIn("Try again in a few minutes", str(caught.exception))
            self.amazon.faults.clear()

    def test_an_old_set_up_is_found_after_days(self):
        self._start().action_next()
        [account] = self._accounts()
        self.env["amazon.cancellation.setup"].search([]).unlink()
        account.flush_recordset()
        self.shop.advance(timedelta(days=3).total_seconds())
        resumed = self._reopen(account.with_user(self.system).action_go_on_setup())
        self.assertEqual(resumed.step, "marketplaces")


@tagged("post_install", "-at_install")
class TestDoctor(AccessCase):
    """Each call that is needed has its line, with what is wrong and where it is mended; once a week by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.unlink()

    def _states(self, account):
        return {finding.operation: finding.state for finding in account.finding_ids}

    def _access_activities(self, account):
        return account._amazon_get_activities("access")

    def test_a_line_for_each_call_of_what_is_switched_on(self):
        account = self._connect("eu", ask_for_proof=True)
        self._sell()
        self._read()
        account.action_test_connection()
        self.assertEqual(
            self._states(account),
            dict.fromkeys(
                (
                    "getAccessToken",
                    "getMarketplaceParticipations",
                    "searchOrders",
                    "getOrder",
                    "createReport",
                    "createFeedDocument",
                    "getFeeds",
                    "listTransactions",
                ),
                "works",
            ),
        )
        self.assertEqual(account.connection_state, "works")
        feeds = account.finding_ids.filtered(lambda f: f.operation in ("createFeedDocument", "getFeeds"))
        self.assertEqual(len(set(feeds.mapped("feature"))), 2, "no line says the same")
        account.write({"ask_for_proof": False, "cancel_channel": "file", "sweep_rhythm": "never"})
        account.action_test_connection()
        self.assertFalse(
            self._states(account).keys() & {"listTransactions", "getFeeds", "createFeedDocument", "createReport"}
        )

    def test_a_missing_role_names_the_page_and_the_paragraph(self):
        self.shop.set_roles(INVENTORY)
        account = self._connect("eu")
        account.action_test_connection()
        finding = account.finding_ids.filtered(lambda f: f.operation == "createReport")
        self.assertEqual(finding.state, "role")
        self.assertIn(SHIPPING, finding.message)
        self.assertTrue(finding.page_url.startswith("https://sellercentral.amazon.de/"))
        self.assertTrue(finding.doc_url.endswith("connecting.html#2-the-roles"))
        self.assertEqual(account.connection_state, "limited")

    def test_what_is_refused_names_the_page_in_the_error(self):
        self.shop.set_roles(LISTING)
        account = self._connect("eu")
        with self.assertRaisesRegex(UserError, "https://sellercentral.amazon.de/sellingpartner/developerconsole"):
            account.action_test_connection()

    def test_each_cause_has_its_word(self):
        causes = {
            "client": lambda shop: setattr(shop.application(), "client_secret", "renewed"),
            "token": lambda shop: setattr(shop.seller(SELLER), "authorisation_revoked", True),
            "role": lambda shop: shop.take_role(INVENTORY),
            "marketplace": lambda shop: shop.seller(SELLER).marketplace_ids.remove(self.germany.api_ref),
            "disturbed": lambda shop: shop.faults.add("searchOrders", "http", times=9, status=503),
        }
        account = self._connect("eu")
        for state, damage in causes.items():
            with self.subTest(state):
                self.amazon.reset()
                damage(self.amazon.shop)
                self._run("test_connections")
                self.assertIn(state, account.finding_ids.mapped("state"))
                self.assertEqual(account.connection_state, "failing")
        self.amazon.reset()
        account.lwa_refresh_token = "Atzr|local-A1LOCALNA"
        self._run("test_connections")
        self.assertIn("region", account.finding_ids.mapped("state"))

    def test_an_order_that_amazon_no_longer_knows_is_another_sellers_token(self):
        account = self._connect("eu")
        account.marketplace_ids = account._get_listed_marketplaces(account._test_access())
        order = self._sell()
        self._read()
        del self.shop.orders[order.amazon_order_ref]
        action = account.action_test_connection()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertEqual(self._states(account)["getOrder"], "token")

    def test_weekly_what_no_longer_works_is_told_once_and_ends(self):
        account = self._connect("eu")
        self._run("test_connections")
        self.assertFalse(self._access_activities(account))
        self.shop.set_roles(INVENTORY, LISTING)
        for _week in range(2):
            self._run("test_connections")
        [activity] = self._access_activities(account)
        self.assertIn(SHIPPING, activity.note)
        self.assertEqual(account.connection_state, "limited")
        self.assertEqual(account.sweep_method, "report", "a look of its own accord flips nothing")
        self.shop.set_roles(INVENTORY, LISTING, SHIPPING)
        self._run("test_connections")
        self.assertFalse(self._access_activities(account))

    def test_weekly_what_never_worked_is_not_told_again_and_again(self):
        self.shop.set_roles(INVENTORY)
        account = self._connect("eu")
        account.action_test_connection()
        self._run("test_connections")
        self.assertFalse(self._access_activities(account))

    def test_weekly_a_disturbance_is_looked_at_again_the_day_after(self):
        account = self._connect("eu")
        self._run("test_connections")
        self.shop.faults.add("searchOrders", "http", times=99, status=503)
        cron = self.env.ref("sale_amazon_cancellation.ir_cron_test_connections")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self._run("test_connections")
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before + 1)
        self.assertFalse(self._access_activities(account), "it may pass")
        self._run("test_connections")
        self.assertTrue(self._access_activities(account))

    def test_weekly_one_account_stops_no_other(self):
        first, second = self._connect("eu"), self._connect("na")
        self.shop.seller("A1LOCALEU").authorisation_revoked = True
        self._run("test_connections")
        self.assertEqual((first | second).mapped("connection_state"), ["failing", "works"])

    def test_nothing_is_changed_at_amazon(self):
        account = self._connect("eu", cancel_channel="rest", ask_for_proof=True)
        account.action_test_connection()
        for operation in ("createFeed", "createSubscription", "createDestination"):
            self.assertFalse(self.amazon.calls.count(operation))

    def test_the_cancellation_call_is_tried_on_no_order(self):
        account = self._connect("eu", cancel_channel="rest")
        self.shop.switches.rest_cancellation = 202
        orders = [self.shop.add_order(SELLER), self.shop.add_order(SELLER, order_id=NO_ORDER)]
        account.action_test_connection()
        self.assertEqual(self._states(account)["cancelOrder"], "works")
        self.assertEqual({order.status for order in orders}, {"UNSHIPPED"})
        self.assertFalse(self.shop.harms)
        self.shop.faults.add("cancelOrder", "http", status=503)
        account.action_test_connection()
        self.assertEqual(self._states(account)["cancelOrder"], "disturbed")
        for status in (403, 404, 405):
            self.shop.switches.rest_cancellation = status
            account.action_test_connection()
            finding = account.finding_ids.filtered(lambda f: f.operation == "cancelOrder")
            self.assertEqual(finding.state, "refused")
            self.assertIn("sent by feed instead", finding.message)
            self.assertEqual(account.connection_state, "limited", "the feed stands in")
