package io.jenkins.plugins.countersign.evidence;

import hudson.AbortException;
import hudson.model.ParameterValue;
import hudson.model.ParametersAction;
import hudson.model.Run;
import io.jenkins.plugins.countersign.BuildContext;
import io.jenkins.plugins.countersign.BuildLogProgress;
import io.jenkins.plugins.countersign.BuildPeople;
import io.jenkins.plugins.countersign.configuration.Registries;
import io.jenkins.plugins.countersign.engine.evidence.BaseLayers;
import io.jenkins.plugins.countersign.engine.evidence.EvidenceStatement;
import io.jenkins.plugins.countersign.engine.evidence.Provenance;
import io.jenkins.plugins.countersign.engine.evidence.Provenance.Dependency;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.engine.registry.ImageLocation;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.signing.keys.Signer;
import io.jenkins.plugins.countersign.goldenbase.BaseReportAction;
import io.jenkins.plugins.countersign.goldenbase.CheckedBasesAction;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import jenkins.model.Jenkins;

/** What Jenkins knows of a build, as SLSA provenance next to the image. */
public final class BuildProvenance {

    /** A parameter may be a whole file; provenance has to stay small enough to be read by every gate. */
    private static final int MAX_PARAMETER = 2000;

    private static final int MAX_PARAMETERS = 200;

    /** How far back the commits of an image are followed. */
    private static final int MAX_BUILDS = 100;

    private BuildProvenance() {}

    /**
     * Signs and attaches it, and says so in the build's log.
     *
     * @return digest of the statement: what an approval names when its approver has seen this
     * @throws AbortException if Jenkins has no URL: the builder would have no name
     */
    public static Digest attach(Repository repository, Digest image, Signer signer, BuildContext context)
            throws RegistryException, KeyException, AbortException {
        Provenance provenance = of(repository, image, context);
        Digest statement =
                EvidenceStatement.provenance(repository, image, provenance).attach(repository, signer, Instant.now());
        context.listener()
                .getLogger()
                .println(Messages.BuildProvenance_Attached(
                        repository.name() + "@" + image,
                        provenance.dependencies().size(),
                        provenance.dependencies().stream()
                                .filter(one -> !one.annotations().isEmpty())
                                .count(),
                        statement));
        return statement;
    }

    static Provenance of(Repository repository, Digest image, BuildContext context) throws AbortException {
        String root = Jenkins.get().getRootUrl();
        if (root == null) {
            throw new AbortException(Messages.BuildProvenance_NoUrl());
        }
        Run<?, ?> run = context.run();
        List<Dependency> dependencies = new ArrayList<>();
        addSource(context, dependencies);
        for (String base : CheckedBasesAction.of(run)) {
            addBase(base, repository, image, context, dependencies);
        }
        Set<String> authors = authors(run);
        return new Provenance(
                root,
                parameters(run),
                dependencies,
                root + run.getUrl(),
                BuildPeople.isEveryStarterKnown(run.getCauses()) ? List.copyOf(BuildPeople.starters(run)) : null,
                authors.isEmpty() ? null : List.copyOf(authors),
                Instant.ofEpochMilli(run.getStartTimeInMillis()),
                Instant.now().truncatedTo(ChronoUnit.MILLIS));
    }

    /** A build of the same commits once more records no changes; its authors are those of the build that did. */
    private static Set<String> authors(Run<?, ?> run) {
        Set<String> authors = new LinkedHashSet<>();
        Run<?, ?> build = run;
        for (int i = 0; build != null && authors.isEmpty() && i < MAX_BUILDS; i++) {
            authors.addAll(BuildPeople.authors(build));
            build = build.getPreviousBuild();
        }
        return authors;
    }

    private static Map<String, String> parameters(Run<?, ?> run) {
        Map<String, String> parameters = new TreeMap<>();
        for (ParametersAction action : run.getActions(ParametersAction.class)) {
            for (ParameterValue value : action.getParameters()) {
                Object given = value.isSensitive() ? null : value.getValue();
                if (given != null && parameters.size() < MAX_PARAMETERS) {
                    String text = given.toString();
                    parameters.put(
                            "parameter." + value.getName(),
                            text.length() > MAX_PARAMETER ? text.substring(0, MAX_PARAMETER) + "…" : text);
                }
            }
        }
        parameters.put("job", run.getParent().getFullName());
        return parameters;
    }

    /** As the git plugin tells the steps of Declarative Pipelines and freestyle jobs. */
    private static void addSource(BuildContext context, List<Dependency> dependencies) {
        String url = context.environment().get("GIT_URL", "");
        String commit = context.environment().get("GIT_COMMIT", "");
        if (!url.isEmpty() && commit.matches("[0-9a-f]{40}([0-9a-f]{24})?")) {
            // A login in the URL is nobody's business.
            String clean = url.replaceFirst("^([A-Za-z][A-Za-z0-9+.-]*://)[^/@]*@", "$1");
            dependencies.add(Dependency.source(clean, context.environment().get("GIT_BRANCH", ""), commit));
        }
    }

    private static void addBase(
            String base, Repository repository, Digest image, BuildContext context, List<Dependency> dependencies) {
        ImageReference reference = ImageReference.parse(base);
        if (reference.digestOrNull() == null) {
            context.listener().getLogger().println(Messages.BuildProvenance_NoDigest(base));
            return;
        }
        boolean golden =
                context.run().getActions(BaseReportAction.class).stream().allMatch(BaseReportAction::isPassed)
                        && begins(reference, repository, image, context);
        dependencies.add(Dependency.baseImage(reference, reference.digestOrNull(), null, golden));
    }

    /** Not to know leaves the base in and its mark out: a mark that is missing holds, a false one lets through. */
    private static boolean begins(ImageReference base, Repository repository, Digest image, BuildContext context) {
        ImageLocation location = ImageLocation.parse(base.toString());
        try (Repository opened = Registries.settings(location, null, context.run())
                .open(location, new BuildLogProgress(context.listener()))) {
            return BaseLayers.begins(repository, image, opened, base.digestOrNull());
        } catch (RegistryException | AbortException e) {
            context.listener().getLogger().println(Messages.BuildProvenance_BaseUnread(base, e.getMessage()));
            return false;
        }
    }
}
