package io.jenkins.plugins.countersign.goldenbase;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.AbortException;
import hudson.Extension;
import hudson.FilePath;
import hudson.Util;
import hudson.model.Item;
import hudson.model.ItemGroup;
import hudson.model.Result;
import hudson.model.Run;
import hudson.util.FormValidation;
import hudson.util.ListBoxModel;
import io.jenkins.plugins.countersign.BuildContext;
import io.jenkins.plugins.countersign.BuildLogProgress;
import io.jenkins.plugins.countersign.ImageStep;
import io.jenkins.plugins.countersign.ReadWorkspaceFile;
import io.jenkins.plugins.countersign.WorkspaceImage;
import io.jenkins.plugins.countersign.WriteWorkspaceFile;
import io.jenkins.plugins.countersign.configuration.CatalogueInForce;
import io.jenkins.plugins.countersign.configuration.ContextRules;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.configuration.RegistrySettings;
import io.jenkins.plugins.countersign.engine.dockerfile.BaseTriggers;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import io.jenkins.plugins.countersign.engine.event.Progress;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.BaseReport;
import io.jenkins.plugins.countersign.engine.goldenbase.Catalogue;
import io.jenkins.plugins.countersign.engine.goldenbase.CheckContext;
import io.jenkins.plugins.countersign.engine.goldenbase.ImageLayers;
import io.jenkins.plugins.countersign.engine.goldenbase.Lineage;
import io.jenkins.plugins.countersign.engine.goldenbase.LineageCheck;
import io.jenkins.plugins.countersign.engine.goldenbase.LineageReport;
import io.jenkins.plugins.countersign.engine.goldenbase.RegistryBases;
import io.jenkins.plugins.countersign.engine.goldenbase.ResolvedBases;
import io.jenkins.plugins.countersign.engine.goldenbase.SarifReport;
import io.jenkins.plugins.countersign.engine.goldenbase.TextReport;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.image.Platform;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jenkinsci.Symbol;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.DataBoundConstructor;
import org.kohsuke.stapler.DataBoundSetter;
import org.kohsuke.stapler.QueryParameter;
import org.kohsuke.stapler.verb.POST;

/** {@code checkBaseImages}: every image that a build of a Dockerfile would pull, judged by the catalogue of golden images. */
public class CheckBaseImagesStep extends ImageStep {

    private static final long serialVersionUID = 1L;

    static final String DEFAULT_FILE = "Dockerfile";
    static final String FAIL = "fail";
    static final String UNSTABLE = "unstable";
    private static final int MAX_FILE = 4 * 1024 * 1024;

    private String dockerfile = DEFAULT_FILE;
    private String target;
    private String buildArgs;
    private String buildContexts;
    private String platforms;
    private String buildPlatform;
    private boolean allStages;
    private String builder = BuildOptions.Builder.BUILDKIT.name().toLowerCase(Locale.ROOT);
    private String onViolation = FAIL;
    private String sarif;
    private String builtImage;
    private String repository;
    private String registry;
    private String registryCredentialsId;

    @DataBoundConstructor
    public CheckBaseImagesStep() {
        // All fields have defaults.
    }

    public String getDockerfile() {
        return dockerfile;
    }

    @DataBoundSetter
    public void setDockerfile(String dockerfile) {
        String given = Util.fixEmptyAndTrim(dockerfile);
        this.dockerfile = given == null ? DEFAULT_FILE : given;
    }

    public String getTarget() {
        return target;
    }

    @DataBoundSetter
    public void setTarget(String target) {
        this.target = Util.fixEmptyAndTrim(target);
    }

    /** One {@code NAME=VALUE} on each line. */
    public String getBuildArgs() {
        return buildArgs;
    }

    @DataBoundSetter
    public void setBuildArgs(String buildArgs) {
        this.buildArgs = Util.fixEmptyAndTrim(buildArgs);
    }

    /** Named build contexts, one {@code NAME=VALUE} on each line. */
    public String getBuildContexts() {
        return buildContexts;
    }

    @DataBoundSetter
    public void setBuildContexts(String buildContexts) {
        this.buildContexts = Util.fixEmptyAndTrim(buildContexts);
    }

    /** {@code os/architecture[/variant]}, separated by commas; null for what the builder takes when it is told none. */
    public String getPlatforms() {
        return platforms;
    }

    @DataBoundSetter
    public void setPlatforms(String platforms) {
        this.platforms = Util.fixEmptyAndTrim(platforms);
    }

    /** Where the builder runs; null for the agent. */
    public String getBuildPlatform() {
        return buildPlatform;
    }

    @DataBoundSetter
    public void setBuildPlatform(String buildPlatform) {
        this.buildPlatform = Util.fixEmptyAndTrim(buildPlatform);
    }

    public boolean isAllStages() {
        return allStages;
    }

    @DataBoundSetter
    public void setAllStages(boolean allStages) {
        this.allStages = allStages;
    }

    /** Whose rules apply: {@code buildkit}, {@code classic}, {@code buildah} or {@code kaniko}. */
    public String getBuilder() {
        return builder;
    }

    @DataBoundSetter
    public void setBuilder(String builder) {
        this.builder = builder.trim().toLowerCase(Locale.ROOT);
    }

    /** {@code fail} or {@code unstable}. */
    public String getOnViolation() {
        return onViolation;
    }

    @DataBoundSetter
    public void setOnViolation(String onViolation) {
        this.onViolation = onViolation.trim().toLowerCase(Locale.ROOT);
    }

    /** A file of the workspace that the findings are written to, as SARIF; null for none. */
    public String getSarif() {
        return sarif;
    }

    @DataBoundSetter
    public void setSarif(String sarif) {
        this.sarif = Util.fixEmptyAndTrim(sarif);
    }

    /** The image that was built of the file, whose lineage is judged too; null for none. */
    public String getBuiltImage() {
        return builtImage;
    }

    @DataBoundSetter
    public void setBuiltImage(String builtImage) {
        this.builtImage = Util.fixEmptyAndTrim(builtImage);
    }

    /** {@code registry/repository} that the image goes to, for entries of the catalogue that are for certain ones; or null. */
    public String getRepository() {
        return repository;
    }

    @DataBoundSetter
    public void setRepository(String repository) {
        this.repository = Util.fixEmptyAndTrim(repository);
    }

    /** Host and port of the registry that {@link #getRegistryCredentialsId} is for; null without a login. */
    public String getRegistry() {
        return registry;
    }

    @DataBoundSetter
    public void setRegistry(String registry) {
        this.registry = Util.fixEmptyAndTrim(registry);
    }

    /** The login for {@link #getRegistry}; null for the configured one. */
    public String getRegistryCredentialsId() {
        return registryCredentialsId;
    }

    @DataBoundSetter
    public void setRegistryCredentialsId(String registryCredentialsId) {
        this.registryCredentialsId = Util.fixEmptyAndTrim(registryCredentialsId);
    }

    @Override
    protected Object perform(BuildContext context) throws Exception {
        if (!onViolation.equals(FAIL) && !onViolation.equals(UNSTABLE)) {
            throw new AbortException(Messages.CheckBaseImagesStep_OnViolation(onViolation));
        }
        String login = context.expand(registry);
        if (registryCredentialsId != null && login == null) {
            throw new AbortException(Messages.CheckBaseImagesStep_LoginForWhom(registryCredentialsId));
        }
        String file = context.expand(dockerfile);
        FilePath workspace = context.requireWorkspace("checkBaseImages");
        byte[] content = workspace.act(new ReadWorkspaceFile(file, MAX_FILE));
        CatalogueInForce inForce = CatalogueInForce.required();
        String wanted = Util.fixNull(context.expand(target));
        Progress progress = new BuildLogProgress(context.listener());
        RegistryBases bases = GoldenLineages.bases(context.run(), login, registryCredentialsId, progress);
        CheckContext asked = GoldenLineages.context(inForce, bases, registryCredentialsId != null)
                .withTarget(wanted)
                .withFolder(folder(context.run()))
                .withRepository(Util.fixNull(context.expand(repository)));
        Catalogue catalogue = inForce.catalogue();
        BaseReport report = BaseCheck.check(
                BuildInputs.of(content, file, options(context, wanted, workspace), triggers(bases, catalogue, asked)),
                catalogue,
                asked);
        LineageCheck lineage = GoldenLineages.check(inForce, bases, asked);
        remember(ResolvedBases.of(report, catalogue, asked, bases), catalogue, lineage, context);
        List<BaseReport> reports = new ArrayList<>(List.of(report));
        if (builtImage != null) {
            reports.add(lineage(context.expand(builtImage), lineage, login, workspace, context));
        }
        context.listener().getLogger().print(TextReport.render(reports));
        BaseReportAction page = new BaseReportAction(content, reports, SarifReport.render(reports));
        context.run().addAction(page);
        if (sarif != null) {
            workspace.act(new WriteWorkspaceFile(
                    context.expand(sarif), page.getSarif().getBytes(StandardCharsets.UTF_8)));
        }
        ReportListener.tell(context.run(), page, context.listener());
        if (!page.isPassed()) {
            String summary = Messages.CheckBaseImagesStep_Refused(file);
            if (onViolation.equals(FAIL) || ContextRules.isViolationAlwaysFailure(context.run())) {
                throw new AbortException(summary);
            }
            context.listener().error(summary);
            context.run().setResult(Result.UNSTABLE);
        }
        return answer(page);
    }

    /** An image that is refused anyway is not asked for: its registry may be a stranger's. */
    private static BaseTriggers triggers(RegistryBases bases, Catalogue catalogue, CheckContext asked) {
        return (reference, platform) ->
                BaseCheck.allows(reference, catalogue, asked) ? bases.onbuild(reference, platform) : List.of();
    }

    private BaseReport lineage(String image, LineageCheck check, String login, FilePath workspace, BuildContext context)
            throws IOException, InterruptedException {
        RegistrySettings settings = null;
        if (image.startsWith(WorkspaceImage.REGISTRY)) {
            ImageLocation location = ImageLocation.parse(image.substring(WorkspaceImage.REGISTRY.length()));
            String host = ImageReference.parse(location.repository()).registry();
            settings = Registries.settings(location, host.equals(login) ? registryCredentialsId : null, context.run());
        }
        WorkspaceImage built =
                new WorkspaceImage(image, settings, new BuildLogProgress(context.listener()), context.environment());
        try {
            ImageLayers layers = workspace.act(new LayersOnAgent(built, null));
            Lineage claimed = check.claimed(layers);
            ImageLayers read =
                    workspace.act(new LayersOnAgent(built, check.known().basesOf(layers)));
            if (!read.equals(layers)) {
                throw new RegistryException(image + " changed while it was read");
            }
            return LineageReport.of(image, claimed);
        } catch (RegistryException e) {
            return LineageReport.unknown(image, e);
        }
    }

    private static void remember(ResolvedBases bases, Catalogue catalogue, LineageCheck lineage, BuildContext context) {
        bases.problems().forEach(problem -> context.listener().getLogger().println(problem));
        context.run()
                .addAction(new CheckedBasesAction(bases.references().stream()
                        .map(ImageReference::toString)
                        .toList()));
    }

    private BuildOptions options(BuildContext context, String wanted, FilePath workspace)
            throws IOException, InterruptedException {
        String machine = workspace.act(new ArchitectureOfAgent());
        try {
            return BuildOptions.defaults()
                    .withTarget(wanted)
                    .withBuildArgs(arguments(context.expand(buildArgs)))
                    .withContexts(arguments(context.expand(buildContexts)))
                    .withAllStages(allStages)
                    .on(
                            platforms(Util.fixNull(context.expand(platforms))),
                            Util.fixNull(context.expand(buildPlatform)),
                            machine,
                            context.environment())
                    .withBuilder(BuildOptions.Builder.valueOf(builder.toUpperCase(Locale.ROOT)));
        } catch (IllegalArgumentException e) {
            throw new AbortException("checkBaseImages: " + e.getMessage());
        }
    }

    private static List<Platform> platforms(String list) {
        List<Platform> platforms = new ArrayList<>();
        for (String platform : list.split(",")) {
            if (!platform.isBlank()) {
                platforms.add(Platform.parse(platform.trim()));
            }
        }
        return platforms;
    }

    private static Map<String, String> arguments(String lines) {
        Map<String, String> arguments = new LinkedHashMap<>();
        for (String line : Util.fixNull(lines).split("\\R")) {
            if (line.isBlank()) {
                continue;
            }
            int equals = line.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException(Messages.CheckBaseImagesStep_BuildArgs(line));
            }
            arguments.put(line.substring(0, equals).trim(), line.substring(equals + 1));
        }
        return arguments;
    }

    static String folder(Run<?, ?> run) {
        ItemGroup<?> parent = run.getParent().getParent();
        return parent == null ? "" : parent.getFullName();
    }

    /** The report as a Pipeline sees it: maps, lists and strings, which survive a restart. */
    private static Map<String, Object> answer(BaseReportAction report) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("passed", report.isPassed());
        answer.put("file", report.getFile());
        answer.put("images", new ArrayList<>(report.getImages()));
        List<Map<String, Object>> findings = new ArrayList<>();
        for (BaseReportAction.FindingEntry finding : report.getFindings()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("severity", finding.getSeverity());
            entry.put("rule", finding.getRule());
            entry.put("line", finding.getLine());
            entry.put("column", finding.getColumn());
            entry.put("reference", finding.getReference());
            entry.put("because", finding.getBecause());
            entry.put("message", finding.getMessage());
            entry.put("suggestion", finding.getSuggestion());
            findings.add(entry);
        }
        answer.put("findings", findings);
        return answer;
    }

    @Extension
    @Symbol("checkBaseImages")
    public static class DescriptorImpl extends ImageStepDescriptor {

        @Override
        public String getFunctionName() {
            return "checkBaseImages";
        }

        @NonNull
        @Override
        public String getDisplayName() {
            return Messages.CheckBaseImagesStep_DisplayName();
        }

        @POST
        public ListBoxModel doFillRegistryCredentialsIdItems(
                @AncestorInPath Item item,
                @QueryParameter String registry,
                @QueryParameter String registryCredentialsId) {
            return FieldChecks.logins(item, Util.fixNull(registry) + "/a", registryCredentialsId);
        }

        @POST
        public ListBoxModel doFillBuilderItems() {
            ListBoxModel items = new ListBoxModel();
            items.add("BuildKit", "buildkit");
            items.add(Messages.CheckBaseImagesStep_Classic(), "classic");
            items.add("Buildah, Podman", "buildah");
            items.add("Kaniko", "kaniko");
            return items;
        }

        @POST
        public ListBoxModel doFillOnViolationItems() {
            ListBoxModel items = new ListBoxModel();
            items.add(Messages.CheckBaseImagesStep_Fail(), FAIL);
            items.add(Messages.CheckBaseImagesStep_Unstable(), UNSTABLE);
            return items;
        }

        @POST
        public FormValidation doCheckDockerfile(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(item, value, FieldChecks::file);
        }

        @POST
        public FormValidation doCheckSarif(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(item, value, FieldChecks::file);
        }

        /** As Dockerfiles name their stages, or by its number. */
        @POST
        public FormValidation doCheckTarget(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(
                    item,
                    value,
                    target -> target.matches("[A-Za-z][A-Za-z0-9_.-]*|[0-9]+")
                            ? FormValidation.ok()
                            : FormValidation.error(Messages.CheckBaseImagesStep_Target()));
        }

        @POST
        public FormValidation doCheckPlatforms(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(item, value, platforms -> {
                platforms(platforms);
                return FormValidation.ok();
            });
        }

        @POST
        public FormValidation doCheckBuildPlatform(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(item, value, platform -> {
                Platform.parse(platform);
                return FormValidation.ok();
            });
        }

        @POST
        public FormValidation doCheckBuiltImage(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(item, value, FieldChecks::source);
        }

        @POST
        public FormValidation doCheckRepository(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(item, value, FieldChecks::repository);
        }

        @POST
        public FormValidation doCheckRegistry(@AncestorInPath Item item, @QueryParameter String value) {
            return FieldChecks.optional(item, value, FieldChecks::host);
        }

        @POST
        public FormValidation doCheckRegistryCredentialsId(
                @AncestorInPath Item item, @QueryParameter String registry, @QueryParameter String value) {
            return FieldChecks.mayConfigure(item)
                            && Util.fixEmptyAndTrim(value) != null
                            && Util.fixEmptyAndTrim(registry) == null
                    ? FormValidation.error(Messages.CheckBaseImagesStep_LoginForWhom(value))
                    : FieldChecks.login(item, value);
        }

        @POST
        public FormValidation doCheckBuildContexts(@AncestorInPath Item item, @QueryParameter String value) {
            return doCheckBuildArgs(item, value);
        }

        @POST
        public FormValidation doCheckBuildArgs(@AncestorInPath Item item, @QueryParameter String value) {
            if (!FieldChecks.mayConfigure(item)) {
                return FormValidation.ok();
            }
            try {
                arguments(value);
                return FormValidation.ok();
            } catch (IllegalArgumentException e) {
                return FormValidation.error(e.getMessage());
            }
        }
    }
}
