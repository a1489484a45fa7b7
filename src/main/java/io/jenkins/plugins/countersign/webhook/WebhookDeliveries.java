package io.jenkins.plugins.countersign.webhook;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.model.ManagementLink;
import hudson.security.Permission;
import hudson.util.HttpResponses;
import io.jenkins.plugins.countersign.ReadersLanguage;
import io.jenkins.plugins.countersign.engine.delivery.DeliveryException;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import jenkins.model.Jenkins;
import org.jenkinsci.Symbol;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;
import org.kohsuke.stapler.HttpResponse;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.StaplerProxy;
import org.kohsuke.stapler.interceptor.RequirePOST;

/** The administrators' page: the last deliveries of every source, what they caused, and how each registry is told to send them. */
@Extension
@Symbol("countersignWebhookDeliveries")
public class WebhookDeliveries extends ManagementLink implements StaplerProxy {

    @Override
    public String getIconFileName() {
        return "symbol-git-network-outline plugin-ionicons-api";
    }

    @Override
    public String getDisplayName() {
        return Messages.WebhookDeliveries_DisplayName();
    }

    @Override
    public String getDescription() {
        return Messages.WebhookDeliveries_Description();
    }

    @Override
    public String getUrlName() {
        return "countersign-webhooks";
    }

    @NonNull
    @Override
    public Category getCategory() {
        return Category.STATUS;
    }

    @NonNull
    @Override
    public Permission getRequiredPermission() {
        return Jenkins.ADMINISTER;
    }

    @Override
    public Object getTarget() {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        return this;
    }

    @Restricted(NoExternalUse.class)
    public List<WebhookSource> getSources() {
        return WebhookConfiguration.get().getSources();
    }

    @Restricted(NoExternalUse.class)
    public List<Delivered> getDeliveries(String source) {
        return DeliveryLog.get().of(source);
    }

    /** Deliveries that are accepted and not worked off. */
    @Restricted(NoExternalUse.class)
    public int getWaiting() {
        return Deliveries.get().waiting();
    }

    /** Jobs that wait for their turn to be built on an updated base. */
    @Restricted(NoExternalUse.class)
    public List<String> getWaitingJobs() {
        return BaseRebuilds.get().waitingJobs();
    }

    /** How each kind of sender is configured: as it is for the sources, and as it would be for the other kinds. */
    @Restricted(NoExternalUse.class)
    public List<SenderSettings> getSettings() {
        List<SenderSettings> settings = new ArrayList<>();
        getSources().forEach(source -> settings.add(SenderSettings.of(source)));
        List<PayloadKind> configured =
                getSources().stream().map(WebhookSource::getKind).toList();
        Stream.of(PayloadKind.values())
                .filter(kind -> !configured.contains(kind))
                .forEach(kind -> settings.add(SenderSettings.example(kind)));
        return settings;
    }

    /** Works a delivery off once more. What was built for is not built again. */
    @RequirePOST
    public HttpResponse doRedeliver(@QueryParameter String source, @QueryParameter String id) throws IOException {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        Delivered delivered = DeliveryLog.get()
                .find(source, id)
                .filter(Delivered::isRedeliverable)
                .orElseThrow(HttpResponses::notFound);
        WebhookSource to = WebhookConfiguration.get().source(source).orElseThrow(HttpResponses::notFound);
        try {
            Deliveries.get().keepAgain(source, to.payload().read(to.getRegistry(), delivered.body()), delivered.body());
        } catch (DeliveryException e) {
            throw HttpResponses.error(409, ReadersLanguage.text(e.sentence()));
        }
        return HttpResponses.redirectToDot();
    }
}
