package io.jenkins.plugins.countersign.webhook;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.ExtensionList;
import hudson.Util;
import hudson.util.FormValidation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import jenkins.model.GlobalConfiguration;
import jenkins.model.Jenkins;
import jenkins.security.stapler.StaplerFragments;
import net.sf.json.JSONArray;
import net.sf.json.JSONObject;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.StaplerRequest2;
import org.kohsuke.stapler.verb.POST;

/** Who may tell this controller of events in registries. Whoever may can start builds, so administrators decide alone. */
@Extension
@Symbol("countersignWebhooks")
// A part of the system's form, and no page: asked for by itself, Jenkins' own tags would run into each other.
@StaplerFragments("config")
public class WebhookConfiguration extends GlobalConfiguration {

    static final int DEFAULT_REBUILDS = 5;

    private List<WebhookSource> sources = new ArrayList<>();
    private int rebuildsAtOnce = DEFAULT_REBUILDS;

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
    public boolean configure(StaplerRequest2 request, JSONObject json) throws FormException {
        try {
            // Before anything is forgotten.
            if (json.has("sources")) {
                for (Object source : JSONArray.fromObject(json.get("sources"))) {
                    WebhookSource.requireId(
                            ((JSONObject) source).optString("id").trim());
                }
                requireGood(request.bindJSONToList(WebhookSource.class, json.get("sources")));
            }
        } catch (IllegalArgumentException e) {
            throw new FormException(e.getMessage(), e, "sources");
        }
        sources = new ArrayList<>();
        rebuildsAtOnce = DEFAULT_REBUILDS;
        request.bindJSON(this, json);
        save();
        return true;
    }

    public List<WebhookSource> getSources() {
        return sources;
    }

    /**
     * @throws IllegalArgumentException if two have one name: which of them is meant, nobody could say; or if one wants its secret
     *     in the URL, and its sender could do better
     */
    @DataBoundSetter
    public void setSources(List<WebhookSource> sources) {
        requireGood(Util.fixNull(sources));
        this.sources = new ArrayList<>(Util.fixNull(sources));
        save();
    }

    private static void requireGood(List<WebhookSource> sources) {
        Set<String> ids = new HashSet<>();
        for (WebhookSource source : sources) {
            if (!ids.add(source.getId())) {
                throw new IllegalArgumentException(Messages.WebhookSource_Twice(source.getId()));
            }
            source.requireFittingProof();
        }
    }

    /** How many builds at once an updated base may start; none when it is zero. */
    public int getRebuildsAtOnce() {
        return rebuildsAtOnce;
    }

    @DataBoundSetter
    public void setRebuildsAtOnce(int rebuildsAtOnce) {
        this.rebuildsAtOnce = Math.max(0, rebuildsAtOnce);
        save();
    }

    @POST
    public FormValidation doCheckRebuildsAtOnce(@QueryParameter String value) {
        Jenkins.get().checkPermission(Jenkins.ADMINISTER);
        return FormValidation.validateNonNegativeInteger(value);
    }

    Optional<WebhookSource> source(String id) {
        return sources.stream().filter(source -> source.getId().equals(id)).findFirst();
    }
}
