import { Component, onWillUnmount, status, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const DELIVERY_CHANGED = "sale_amazon_cancellation.delivery_changed";

/** Shows nothing: lets the form of a delivery show a hold, or a decision on it, without being loaded anew by hand. */
export class AmazonDeliveryWatch extends Component {
    static template = xml``;
    static props = { ...standardWidgetProps };

    setup() {
        const bus = useService("bus_service");
        const onChanged = async ({ picking_ids }) => {
            const { record } = this.props;
            // What somebody is typing is not thrown away: saving it shows the decision, too.
            if (picking_ids.includes(record.resId) && !(await record.isDirty()) && status(this) === "mounted") {
                await record.load();
            }
        };
        bus.subscribe(DELIVERY_CHANGED, onChanged);
        onWillUnmount(() => bus.unsubscribe(DELIVERY_CHANGED, onChanged));
    }
}

registry.category("view_widgets").add("amazon_delivery_watch", { component: AmazonDeliveryWatch });
