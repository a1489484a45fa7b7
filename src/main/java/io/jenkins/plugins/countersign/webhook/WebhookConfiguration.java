package io.jenkins.plugins.countersign.webhook;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.ExtensionList;
import hudson.Util;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jenkins.model.GlobalConfiguration;
import net.sf.json.JSONObject;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.StaplerRequest2;

/** Who may tell this controller of events in registries. Whoever may can start builds, so administrators decide alone. */
@Extension
@Symbol("countersignWebhooks")
public class WebhookConfiguration extends GlobalConfiguration {

    private List<WebhookSource> sources = new ArrayList<>();

    public WebhookConfiguration() {
        load();
    }

    public static WebhookConfiguration get() {
        return ExtensionList.lookupSingleton(WebhookConfiguration.class);
    }

    @NonNull
    @Override
    public String getDisplayName() {
        return Messages.WebhookConfiguration_DisplayName();
    }

    @Override
    public boolean configure(StaplerRequest2 request, JSONObject json) {
        sources = new ArrayList<>();
        request.bindJSON(this, json);
        save();
        return true;
    }

    public List<WebhookSource> getSources() {
        return sources;
    }

    @DataBoundSetter
    public void setSources(List<WebhookSource> sources) {
        this.sources = new ArrayList<>(Util.fixNull(sources));
        save();
    }

    Optional<WebhookSource> source(String id) {
        return sources.stream().filter(source -> source.getId().equals(id)).findFirst();
    }
}
