package io.jenkins.plugins.countersign;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import com.cloudbees.plugins.credentials.CredentialsScope;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl;
import hudson.model.Describable;
import hudson.model.Descriptor;
import hudson.model.FreeStyleProject;
import hudson.model.Item;
import hudson.util.FormValidation;
import hudson.util.Secret;
import io.jenkins.plugins.countersign.cli.demo.DemoCast;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;
import org.kohsuke.stapler.AncestorInPath;
import org.kohsuke.stapler.QueryParameter;

/** What the forms of jobs, triggers and sources say while somebody types: the wrong entries first, then right ones. */
public class FieldChecksTest {

    private static final String DIGEST = "@sha256:" + "0".repeat(64);
    private static final String STAGES = "The trust policy has no stage";
    private static final String NEEDED = "This is needed";

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    @ClassRule
    public static final TemporaryFolder folder = new TemporaryFolder();

    private static FreeStyleProject job;

    private final List<String> wrong = new ArrayList<>();

    @BeforeClass
    public static void configure() throws Exception {
        job = jenkins.createFreeStyleProject();
        DemoCast cast = DemoCast.prepare(folder.getRoot().toPath().resolve("keys"), "registry.example.com/golden/**");
        CountersignConfiguration.get().setTrustPolicy(Files.readString(cast.policy()));
        List<com.cloudbees.plugins.credentials.Credentials> kept =
                SystemCredentialsProvider.getInstance().getCredentials();
        kept.add(new UsernamePasswordCredentialsImpl(CredentialsScope.GLOBAL, "login", "", "somebody", "password"));
        kept.add(new StringCredentialsImpl(CredentialsScope.GLOBAL, "long", "", Secret.fromString("x".repeat(16))));
        kept.add(new StringCredentialsImpl(CredentialsScope.GLOBAL, "short", "", Secret.fromString("x".repeat(15))));
    }

    @Test
    public void images() throws Exception {
        for (String step : List.of(
                "approval.AwaitApprovalsStep",
                "approval.ApproveImageStep",
                "approval.IsImageApprovedStep",
                "approval.ImageApprovedConditional",
                "approval.OnlyApprovedImages",
                "promotion.PromoteImageStep",
                "signing.SignImageStep",
                "signing.VerifyImageStep")) {
            error(step, "image", "", NEEDED);
            error(step, "image", "Registry.example.com/App:1", "lower case");
            error(step, "image", "https://registry.example.com/app", "not a");
            error(step, "image", "oci:folder:1", "is a folder");
            error(step, "image", "registry.example.com/app@sha256:12", "sha256 digest");
            fine(step, "image", " registry.example.com/app:1" + DIGEST + " ");
            fine(step, "image", "${COUNTERSIGN_IMAGE}");
            if (!step.startsWith("signing.")) {
                says(FormValidation.Kind.WARNING, step, "image", "registry.example.com/app:1", Map.of(), "the digest");
            }
        }
        for (String field : List.of("push.PushImageStep.image", "promotion.PromoteImageStep.to")) {
            String step = field.substring(0, field.lastIndexOf('.'));
            String name = field.substring(field.lastIndexOf('.') + 1);
            error(step, name, "", NEEDED);
            error(step, name, "registry.example.com/app", "Name a tag");
            error(step, name, "registry.example.com/app:1" + DIGEST, "Name the tag alone");
            error(step, name, "oci:folder:1", "is a folder");
            fine(step, name, "registry.example.com/app:1");
            fine(step, name, "$REGISTRY/app");
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    public void stages() throws Exception {
        for (String step : List.of(
                "approval.AwaitApprovalsStep",
                "approval.ApproveImageStep",
                "approval.IsImageApprovedStep",
                "approval.ImageApprovedConditional",
                "approval.OnlyApprovedImages",
                "promotion.PromoteImageStep")) {
            error(step, "stage", "", NEEDED);
            error(step, "stage", "prodution", STAGES);
            fine(step, "stage", "production");
            fine(step, "stage", "${STAGE}");
        }
        error("webhook.ImageEventTrigger", "stage", "prodution", STAGES);
        fine("webhook.ImageEventTrigger", "stage", "");
        error("approval.ApproveImageStep", "role", "admin", "The trust policy has no role \"admin\"");
        error("signing.VerifyImageStep", "stage", "prodution", STAGES);
        error("signing.VerifyImageStep", "stage", "", "give either stage");
        error("signing.VerifyImageStep", "stage", "qa", Map.of("publicKeys", "some"), "give either stage");
        says(FormValidation.Kind.OK, "signing.VerifyImageStep", "stage", "", Map.of("publicKeys", "some"), "");
        fine("signing.VerifyImageStep", "stage", "qa");
        assertEquals(List.of(), wrong);
    }

    @Test
    public void verifyingByAnAuthority() throws Exception {
        for (String field : List.of("identity", "issuer", "timestampAuthority")) {
            error("signing.VerifyImageStep", field, "https://example.com", "belong together");
            fine("signing.VerifyImageStep", field, "");
        }
        error("signing.VerifyImageStep", "timestampAuthority", "none", Map.of("certificateAuthority", "some"), "");
        error("signing.VerifyImageStep", "certificateAuthority", "none", Map.of("identity", "me@example.com"), "");
        assertEquals(List.of(), wrong);
    }

    @Test
    public void sourcesAndFiles() throws Exception {
        for (String field : List.of("push.PushImageStep.source", "goldenbase.CheckBaseImagesStep.builtImage")) {
            String step = field.substring(0, field.lastIndexOf('.'));
            String name = field.substring(field.lastIndexOf('.') + 1);
            for (String bad : List.of(
                    "app.tar", "registry.example.com/app:1", "docker-archive:", "oci", "docker-daemon: ", "tar:x")) {
                error(step, name, bad, "Begin with the kind");
            }
            error(step, name, "docker-archive:../app.tar", "out of the workspace");
            error(step, name, "oci:a/../../b:1", "out of the workspace");
            error(step, name, "docker://App", "lower case");
            says(FormValidation.Kind.WARNING, step, name, "oci:/srv/app", Map.of(), "begin at the workspace");
            for (String good : List.of(
                    "docker-archive:app.tar",
                    "docker-archive:app.tar:registry.example.com:5000/app:1",
                    "oci-archive:build/app.tar:1",
                    "oci:app",
                    "docker-daemon:app:1",
                    "docker://registry.example.com/app:1",
                    "oci:${FOLDER}")) {
                fine(step, name, good);
            }
        }
        error("push.PushImageStep", "source", "", NEEDED);
        for (String field : List.of("dockerfile", "sarif")) {
            error("goldenbase.CheckBaseImagesStep", field, "../Dockerfile", "out of the workspace");
            error("goldenbase.CheckBaseImagesStep", field, "a\\..\\..\\b", "out of the workspace");
            says(
                    FormValidation.Kind.WARNING,
                    "goldenbase.CheckBaseImagesStep",
                    field,
                    "C:\\Dockerfile",
                    Map.of(),
                    "begin at the workspace");
            fine("goldenbase.CheckBaseImagesStep", field, "services/a/Dockerfile");
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    public void checkingBases() throws Exception {
        String step = "goldenbase.CheckBaseImagesStep";
        error(step, "target", "final stage", "Name one stage");
        fine(step, "target", "final-stage");
        fine(step, "target", "0");
        error(step, "platforms", "linux/amd64, arm64", "not a platform");
        fine(step, "platforms", "linux/amd64, linux/arm64/v8");
        error(step, "buildArgs", "VERSION", "Expected NAME=VALUE");
        fine(step, "buildArgs", "VERSION=1");
        error(step, "buildContexts", "=x", "Expected NAME=VALUE");
        error(step, "repository", "registry.example.com/app:1", "Name the repository alone");
        fine(step, "repository", "registry.example.com/app");
        error(step, "registry", "https://registry.example.com", "Name host");
        fine(step, "registry", "registry.example.com:5000");
        error(step, "registryCredentialsId", "login", "has the login \"login\" and no registry");
        Map<String, String> registry = Map.of("registry", "registry.example.com");
        says(FormValidation.Kind.OK, step, "registryCredentialsId", "login", registry, "");
        says(FormValidation.Kind.WARNING, step, "registryCredentialsId", "none", registry, "no credentials \"none\"");
        assertEquals(List.of(), wrong);
    }

    @Test
    public void loginsAndKeys() throws Exception {
        for (String step : List.of(
                "push.PushImageStep",
                "promotion.PromoteImageStep",
                "signing.SignImageStep",
                "signing.VerifyImageStep",
                "approval.ApproveImageStep")) {
            says(
                    FormValidation.Kind.WARNING,
                    step,
                    "registryCredentialsId",
                    "none",
                    Map.of(),
                    "no credentials \"none\"");
            fine(step, "registryCredentialsId", "login");
            fine(step, "registryCredentialsId", "");
            fine(step, "registryCredentialsId", "${LOGIN}");
        }
        for (String field : List.of("signing.SignImageStep.credentialsId", "approval.ApproveImageStep.credentialsId")) {
            String step = field.substring(0, field.lastIndexOf('.'));
            says(FormValidation.Kind.WARNING, step, "credentialsId", "login", Map.of(), "no signing key or token");
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    public void triggers() throws Exception {
        String trigger = "webhook.ImageEventTrigger";
        for (String bad : List.of("", "team/app", "*", "app", "team/**")) {
            error(trigger, "repository", bad, "A name begins with the registry");
        }
        error(trigger, "repository", "registry.example.com/team/app:1", "Tags have a field of their own");
        error(trigger, "repository", "registry.example.com/team/app" + DIGEST, "Tags have a field of their own");
        error(trigger, "repository", "registry.example.com/Team/app", "lower case");
        error(trigger, "repository", "registry.example.com/team//app", "not a repository name");
        error(trigger, "repository", "https://registry.example.com/app", "");
        error(trigger, "repository", "docker.io/alpine", "docker.io/library/alpine");
        for (String good : List.of(
                "registry.example.com/team/app",
                "registry.example.com:5000/team/*",
                "registry.example.com/**",
                "registry-*.example.com/**/app-*",
                "docker.io/library/alpine",
                "docker.io/*",
                "localhost/app",
                "*/app",
                "**")) {
            fine(trigger, "repository", good);
        }
        for (String bad : List.of("1.0, 1.1", "v1:2", "-1", "releases/1")) {
            error(trigger, "tag", bad, "A tag has letters");
        }
        for (String good : List.of("", "*", "1.*", "**-rc*", "latest")) {
            fine(trigger, "tag", good);
        }
        error("approval.AwaitApprovalsStep", "timeout", "-1", "");
        error("approval.AwaitApprovalsStep", "timeout", "soon", "");
        fine("approval.AwaitApprovalsStep", "timeout", "3");
        assertEquals(List.of(), wrong);
    }

    @Test
    public void sourcesOfWebhooks() throws Exception {
        String source = "webhook.WebhookSource";
        error(source, "credentialsId", "", "Choose a secret text");
        error(source, "credentialsId", "login", "Choose a secret text");
        error(source, "credentialsId", "short", "fewer than 16 characters");
        fine(source, "credentialsId", "long");
        error(source, "header", "X Proof", "no name of a header");
        error(source, "header", "X-Proof:", "no name of a header");
        fine(source, "header", "X-Proof");
        says(
                FormValidation.Kind.WARNING,
                source,
                "header",
                "X-Proof",
                Map.of("proof", "PATH"),
                "No header is looked at");
        for (String field : List.of("repositoryPointer", "tagPointer", "digestPointer")) {
            Map<String, String> pointed = Map.of("kind", "POINTED");
            error(source, field, "image.path", pointed, "begins with a slash");
            error(source, field, "$.image", pointed, "begins with a slash");
            says(FormValidation.Kind.OK, source, field, "/image/path", pointed, "");
            says(FormValidation.Kind.WARNING, source, field, "/a", Map.of("kind", "QUAY"), "Only the sender POINTED");
            says(FormValidation.Kind.OK, source, field, "", Map.of("kind", "QUAY"), "");
            if (field.equals("digestPointer")) {
                says(FormValidation.Kind.OK, source, field, "", pointed, "");
            } else {
                error(source, field, "", pointed, "needs a JSON pointer");
            }
        }
        error(source, "pageUrl", "javascript:alert(1)", "Enter the address");
        error(source, "id", "Upper", "lower-case");
        error(source, "registry", "", "Name the registry");
        assertEquals(List.of(), wrong);
    }

    private void error(String type, String field, String value, String text) throws Exception {
        error(type, field, value, Map.of(), text);
    }

    private void error(String type, String field, String value, Map<String, String> others, String text)
            throws Exception {
        says(FormValidation.Kind.ERROR, type, field, value, others, text);
    }

    private void fine(String type, String field, String value) throws Exception {
        says(FormValidation.Kind.OK, type, field, value, Map.of(), "");
    }

    private void says(
            FormValidation.Kind kind, String type, String field, String value, Map<String, String> others, String text)
            throws Exception {
        Map<String, String> form = new HashMap<>(others);
        form.put("value", value);
        FormValidation said = check(type, field, form);
        if (said.kind != kind
                || said.getMessage() != null && !said.getMessage().contains(text.replace("\"", "&quot;"))) {
            wrong.add(type + "." + field + " \"" + value + "\" with " + others + ": " + said);
        }
    }

    /** As the form asks: what it does not have is empty. */
    private static FormValidation check(String type, String field, Map<String, String> form) throws Exception {
        Descriptor<?> descriptor = jenkins.jenkins.getDescriptorOrDie(
                Class.forName("io.jenkins.plugins.countersign." + type).asSubclass(Describable.class));
        String name = "doCheck" + Character.toUpperCase(field.charAt(0)) + field.substring(1);
        Method method = Stream.of(descriptor.getClass().getMethods())
                .filter(one -> one.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(type + " has no " + name));
        List<Object> arguments = new ArrayList<>();
        for (Parameter parameter : method.getParameters()) {
            if (parameter.isAnnotationPresent(AncestorInPath.class)) {
                assertEquals(Item.class, parameter.getType());
                arguments.add(job);
                continue;
            }
            assertTrue(method.toString(), parameter.isAnnotationPresent(QueryParameter.class));
            assertEquals(String.class, parameter.getType());
            arguments.add(form.getOrDefault(parameter.getName(), ""));
        }
        return (FormValidation) method.invoke(descriptor, arguments.toArray());
    }
}
