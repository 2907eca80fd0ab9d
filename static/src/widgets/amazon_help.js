import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component } from "@odoo/owl";

/** A question mark that opens the paragraph of the addon's documentation about what stands beside it. */
export class AmazonHelp extends Component {
    static template = "sale_amazon_cancellation.AmazonHelp";
    static props = { ...standardWidgetProps, path: { type: String } };

    get url() {
        return `/sale_amazon_cancellation/static/docs/${this.props.path}`;
    }
}

export const amazonHelp = {
    component: AmazonHelp,
    extractProps: ({ attrs }) => ({ path: attrs.path }),
    additionalClasses: ["d-inline"],
};

registry.category("view_widgets").add("amazon_help", amazonHelp);
