package io.jenkins.plugins.countersign.configuration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import com.cloudbees.hudson.plugins.folder.Folder;
import com.cloudbees.plugins.credentials.CredentialsProvider;
import com.cloudbees.plugins.credentials.SystemCredentialsProvider;
import com.cloudbees.plugins.credentials.common.StandardCredentials;
import hudson.model.FreeStyleProject;
import hudson.model.Item;
import hudson.security.ACL;
import hudson.util.Secret;
import io.jenkins.plugins.casc.ConfigurationAsCode;
import io.jenkins.plugins.casc.ConfiguratorException;
import io.jenkins.plugins.casc.yaml.YamlSource;
import io.jenkins.plugins.countersign.ImageStepBuilder;
import io.jenkins.plugins.countersign.ImageStepsPublisher;
import io.jenkins.plugins.countersign.approval.ApproveImageStep;
import io.jenkins.plugins.countersign.approval.OnlyApprovedImages;
import io.jenkins.plugins.countersign.cli.Documentation;
import io.jenkins.plugins.countersign.cli.Documentation.Kind;
import io.jenkins.plugins.countersign.cli.Documentation.Shown;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.trust.Root;
import io.jenkins.plugins.countersign.signing.SigningKeyCredentials;
import io.jenkins.plugins.countersign.signing.SigningKeys;
import io.jenkins.plugins.countersign.signing.SigningTokenCredentials;
import io.jenkins.plugins.countersign.signing.VerifyImageStep;
import io.jenkins.plugins.countersign.webhook.ImageEventTrigger;
import io.jenkins.plugins.countersign.webhook.WebhookConfiguration;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import javaposse.jobdsl.dsl.DslScriptLoader;
import javaposse.jobdsl.plugin.JenkinsJobManagement;
import org.jenkinsci.plugins.plaincredentials.StringCredentials;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.junit.Before;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;
import org.yaml.snakeyaml.Yaml;

/** What docs/configuration.md says is imported, exported again and run. */
public class ConfigurationAsCodeTest {

    private static final String GOLDEN = "configuration-as-code.yaml";

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    @ClassRule
    public static final TemporaryFolder folder = new TemporaryFolder();

    private static final Map<String, String> SECRETS = new LinkedHashMap<>();

    @Before
    public void forget() throws Exception {
        SystemCredentialsProvider.getInstance().setDomainCredentialsMap(Map.of());
        CountersignConfiguration configuration = CountersignConfiguration.get();
        configuration.setRegistries(List.of());
        configuration.setTokenLibraries(List.of());
        configuration.setTrustPolicyRepository(null);
        configuration.setTrustPolicy(null);
        configuration.setPolicyRootKeys(null);
        configuration.setGateCredentialsId(null);
        WebhookConfiguration.get().setSources(List.of());
        if (SECRETS.isEmpty()) {
            String password = "canary-of-the-gate";
            SECRETS.put(
                    "GATE_KEY",
                    KeyGenerator.generate(new SecureRandom()).encrypted(password.toCharArray(), new SecureRandom()));
            SECRETS.put("GATE_KEY_PASSWORD", password);
            SECRETS.put("TOKEN_PIN", "canary-of-the-token");
            SECRETS.put("WEBHOOK_SECRET", "canary-of-the-webhook");
            SECRETS.put("REGISTRY_PASSWORD", "canary-of-the-registry");
        }
    }

    @Test
    public void theExportIsTheImport_withItsSecretsEncrypted() throws Exception {
        String golden = golden();
        load(fillIn(golden));
        assertLoaded();

        String exported = export();
        for (String secret : SECRETS.values()) {
            assertThat(
                    exported,
                    not(containsString(secret.lines()
                            .skip(secret.lines().count() / 2)
                            .findFirst()
                            .get())));
        }
        Map<String, Object> ours = ours(exported);
        assertEquals(plain(new Yaml().load(golden)), masked(plain(ours)));

        forget();
        load(new Yaml().dump(ours));
        assertLoaded();
    }

    @Test
    public void thePolicyItselfIsTakenToTheLastLineFeed() throws Exception {
        String policy = "name: demonstration\nversion: 7\n";
        load("unclassified:\n  countersign:\n    trustPolicy: |\n      name: demonstration\n      version: 7\n");
        assertEquals(policy, CountersignConfiguration.get().getTrustPolicy());
        Map<String, Object> ours = ours(export());
        forget();
        load(new Yaml().dump(ours));
        assertEquals(policy, CountersignConfiguration.get().getTrustPolicy());
    }

    @Test
    public void theDocumentationShowsWhatIsTested() throws Exception {
        List<Shown> shown = Documentation.blocks(Kind.CONFIGURATION_AS_CODE);
        assertEquals(
                golden(),
                shown.stream()
                        .filter(block -> block.page().endsWith("configuration.md"))
                        .findFirst()
                        .orElseThrow()
                        .text());
        for (Shown block : shown) {
            assertEquals(block.toString(), "", refused(block.text()));
            String misspelt = block.text().replaceFirst("(?m)^( {4,}(?:- )?)(\\w+): ", "$1$2s: ");
            assertThat(block.toString(), refused(misspelt), not(""));
        }
        assertTrue("too few: " + shown, shown.size() >= 2);
    }

    /** Why the configuration cannot be loaded; empty if it can. Nothing is loaded. */
    private static String refused(String yaml) throws Exception {
        Path file = Files.writeString(folder.newFolder().toPath().resolve("shown.yaml"), yaml);
        try {
            ConfigurationAsCode.get().checkWith(YamlSource.of(file));
            return "";
        } catch (ConfiguratorException e) {
            return e.toString();
        }
    }

    @Test
    public void jobDslMakesTheFolderAndTheJobs() throws Exception {
        List<Shown> shown = Documentation.blocks(Kind.JOB_DSL);
        assertEquals(shown.toString(), 1, shown.size());
        new DslScriptLoader(new JenkinsJobManagement(System.out, new TreeMap<>(), folder.getRoot()))
                .runScript(shown.get(0).text());
        Folder team = jenkins.jenkins.getItemByFullName("team", Folder.class);
        FolderSettings settings = team.getProperties().get(FolderSettings.class);
        assertEquals("registry.example.com", settings.getRegistries().get(0).getHost());
        assertEquals("team-login", settings.getRegistries().get(0).getCredentialsId());
        assertEquals("registry.example.com/team/**\nregistry.example.com/qa/**", settings.getRepositories());
        assertTrue(settings.isFourEyesAlways() && settings.isViolationAlwaysFailure());

        FreeStyleProject app = jenkins.jenkins.getItemByFullName("team/app", FreeStyleProject.class);
        ImageEventTrigger trigger = app.getTriggers().values().stream()
                .filter(ImageEventTrigger.class::isInstance)
                .map(ImageEventTrigger.class::cast)
                .findFirst()
                .orElseThrow();
        assertEquals("registry.example.com/golden/**", trigger.getRepository());
        assertEquals("1.*", trigger.getTag());
        VerifyImageStep verify = (VerifyImageStep) app.getPublishersList()
                .get(ImageStepsPublisher.class)
                .getSteps()
                .get(0);
        assertEquals("${COUNTERSIGN_IMAGE}", verify.getImage());

        FreeStyleProject promote = jenkins.jenkins.getItemByFullName("team/promote", FreeStyleProject.class);
        assertEquals("${IMAGE}", promote.getProperty(OnlyApprovedImages.class).getImage());
        TreeSet<String> builders = new TreeSet<>();
        for (FreeStyleProject job : List.of(app, promote)) {
            job.getBuildersList()
                    .forEach(builder -> builders.add(builder.getClass().getName()));
        }
        TreeSet<String> all = new TreeSet<>();
        jenkins.jenkins
                .getExtensionList(ImageStepBuilder.ImageStepBuilderDescriptor.class)
                .forEach(descriptor -> all.add(descriptor.clazz.getName()));
        assertEquals("every build step of the plugin", all, builders);
        ApproveImageStep approve = promote.getBuildersList().stream()
                .filter(ImageStepBuilder.class::isInstance)
                .map(builder -> ((ImageStepBuilder<?>) builder).getStep())
                .filter(ApproveImageStep.class::isInstance)
                .map(ApproveImageStep.class::cast)
                .findFirst()
                .orElseThrow();
        assertEquals("tester-key", approve.getCredentialsId());
        assertEquals("smoke test passed", approve.getComment());

        WorkflowJob rebuild = jenkins.jenkins.getItemByFullName("team/rebuild", WorkflowJob.class);
        ImageEventTrigger scans =
                (ImageEventTrigger) rebuild.getTriggers().values().iterator().next();
        assertTrue(scans.isOnScan() && !scans.isOnPush());
        for (Item made : List.of(app, promote, rebuild)) {
            made.delete();
        }
        team.delete();
    }

    private static void assertLoaded() throws Exception {
        CountersignConfiguration configuration = CountersignConfiguration.get();
        assertEquals(
                List.of("registry.example.com", "registry.example.com:5000"),
                configuration.getRegistries().stream()
                        .map(RegistryConfiguration::getHost)
                        .toList());
        assertTrue(configuration.getRegistries().get(1).isInsecureUnverifiedTls());
        assertEquals(1, Root.ofPem(1, configuration.getPolicyRootKeys()).keys().size());
        assertEquals("signing", configuration.getTokenLibraries().get(0).getLabel());
        assertEquals("harbor", WebhookConfiguration.get().getSources().get(0).getId());
        assertNotNull(SigningKeys.signer((SigningKeyCredentials) credentials("gate-key")));
        assertEquals(
                SECRETS.get("TOKEN_PIN"),
                ((SigningTokenCredentials) credentials("release-token"))
                        .getPin()
                        .getPlainText());
        assertEquals(
                SECRETS.get("WEBHOOK_SECRET"),
                ((StringCredentials) credentials("registry-webhook"))
                        .getSecret()
                        .getPlainText());
        assertNotNull(credentials("registry-login"));
    }

    private static StandardCredentials credentials(String id) {
        return CredentialsProvider.lookupCredentialsInItemGroup(StandardCredentials.class, jenkins.jenkins, ACL.SYSTEM2)
                .stream()
                .filter(one -> one.getId().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static String golden() throws Exception {
        return Files.readString(
                Path.of(ConfigurationAsCodeTest.class.getResource(GOLDEN).toURI()));
    }

    private static String fillIn(String yaml) {
        String filled = yaml;
        for (Map.Entry<String, String> secret : SECRETS.entrySet()) {
            filled = filled.replace(
                    "${" + secret.getKey() + "}", secret.getValue().replace("\n", "\\n"));
        }
        return filled;
    }

    private static void load(String yaml) throws Exception {
        File file = folder.newFile();
        Files.writeString(file.toPath(), yaml);
        Path named = file.toPath().resolveSibling(file.getName() + ".yaml");
        Files.move(file.toPath(), named);
        ConfigurationAsCode.get().configure(named.toString());
    }

    private static String export() throws Exception {
        ByteArrayOutputStream exported = new ByteArrayOutputStream();
        ConfigurationAsCode.get().export(exported);
        return exported.toString(StandardCharsets.UTF_8);
    }

    /** Of all that Jenkins exports, what the golden file is about. */
    private static Map<String, Object> ours(String exported) {
        Map<String, Object> all = new Yaml().load(exported);
        Map<String, Object> unclassified = new LinkedHashMap<>();
        ((Map<?, ?>) all.get("unclassified")).forEach((key, value) -> {
            if (key.toString().startsWith("countersign")) {
                unclassified.put(key.toString(), value);
            }
        });
        Map<String, Object> ours = new LinkedHashMap<>();
        if (all.get("credentials") != null) {
            ours.put("credentials", all.get("credentials"));
        }
        ours.put("unclassified", unclassified);
        return ours;
    }

    /** Whether a number was quoted is the writer's taste. */
    private static Object plain(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> sorted = new TreeMap<>();
            map.forEach((key, one) -> {
                // Exporters write what is empty, people do not.
                if (!Map.of().equals(plain(one))) {
                    sorted.put(key.toString(), plain(one));
                }
            });
            return sorted;
        } else if (value instanceof List<?> list) {
            List<Object> each = new ArrayList<>();
            list.forEach(one -> each.add(plain(one)));
            return each;
        }
        return value.toString().strip();
    }

    /** Encrypted values, each opened and replaced by the name of its secret. */
    private static Object masked(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> each = new TreeMap<>();
            map.forEach((key, one) -> each.put(key.toString(), masked(one)));
            return each;
        } else if (value instanceof List<?> list) {
            return list.stream().map(ConfigurationAsCodeTest::masked).toList();
        }
        Secret opened = Secret.decrypt(value.toString());
        if (opened == null) {
            return value;
        }
        return SECRETS.entrySet().stream()
                .filter(secret ->
                        secret.getValue().strip().equals(opened.getPlainText().strip()))
                .map(secret -> "${" + secret.getKey() + "}")
                .findFirst()
                .orElse("a secret that nobody put there");
    }
}
