package io.jenkins.plugins.countersign;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import groovy.lang.GroovyClassLoader;
import hudson.model.Result;
import io.jenkins.plugins.countersign.approval.ApproveImageStep;
import io.jenkins.plugins.countersign.approval.AwaitApprovalsStep;
import io.jenkins.plugins.countersign.approval.ImageApprovedConditional;
import io.jenkins.plugins.countersign.approval.IsImageApprovedStep;
import io.jenkins.plugins.countersign.approval.OnlyApprovedImages;
import io.jenkins.plugins.countersign.cli.Documentation;
import io.jenkins.plugins.countersign.cli.Documentation.Kind;
import io.jenkins.plugins.countersign.cli.Documentation.Shown;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesStep;
import io.jenkins.plugins.countersign.promotion.PromoteImageStep;
import io.jenkins.plugins.countersign.push.PushImageStep;
import io.jenkins.plugins.countersign.signing.SignImageStep;
import io.jenkins.plugins.countersign.signing.VerifyImageStep;
import io.jenkins.plugins.countersign.webhook.ImageEventTrigger;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.sf.json.JSONObject;
import org.codehaus.groovy.control.CompilationUnit;
import org.codehaus.groovy.control.Phases;
import org.htmlunit.HttpMethod;
import org.htmlunit.WebRequest;
import org.htmlunit.util.NameValuePair;
import org.jenkinsci.plugins.pipeline.modeldefinition.generator.AbstractDirective;
import org.jenkinsci.plugins.pipeline.modeldefinition.generator.DirectiveGenerator;
import org.jenkinsci.plugins.pipeline.modeldefinition.generator.OptionsDirective;
import org.jenkinsci.plugins.pipeline.modeldefinition.generator.TriggersDirective;
import org.jenkinsci.plugins.pipeline.modeldefinition.generator.WhenDirective;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.cps.SnippetizerTester;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.jenkinsci.plugins.workflow.job.WorkflowRun;
import org.jenkinsci.plugins.workflow.steps.Step;
import org.jenkinsci.plugins.workflow.steps.StepDescriptor;
import org.junit.ClassRule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;

/**
 * What people copy into their Pipelines. Jenkins' generators write the shortest text that means what was filled in, and what the
 * documentation shows is understood.
 */
public class GeneratorsTest {

    private static final String IMAGE = "registry.example.com/app:1";

    @ClassRule
    public static final JenkinsRule jenkins = new JenkinsRule();

    static {
        jenkins.timeout = 600;
    }

    /** Each step with its mandatory fields alone, and with all of them. */
    private static Map<Step, String> snippets() {
        Map<Step, String> snippets = new LinkedHashMap<>();
        CheckBaseImagesStep check = new CheckBaseImagesStep();
        snippets.put(check, "checkBaseImages()");
        check = new CheckBaseImagesStep();
        check.setDockerfile("app/Dockerfile");
        check.setTarget("final");
        check.setBuildArgs("VERSION=1");
        check.setPlatforms("linux/arm64");
        check.setAllStages(true);
        check.setBuilder("kaniko");
        check.setOnViolation("unstable");
        snippets.put(
                check,
                "checkBaseImages allStages: true, buildArgs: 'VERSION=1', builder: 'kaniko',"
                        + " dockerfile: 'app/Dockerfile', onViolation: 'unstable', platforms: 'linux/arm64', target: 'final'");
        PushImageStep push = new PushImageStep("oci:app", IMAGE);
        snippets.put(push, "pushImage image: '" + IMAGE + "', source: 'oci:app'");
        push = new PushImageStep("oci:app", IMAGE);
        push.setRegistryCredentialsId("login");
        snippets.put(push, "pushImage image: '" + IMAGE + "', registryCredentialsId: 'login', source: 'oci:app'");
        SignImageStep sign = new SignImageStep(IMAGE, "release");
        snippets.put(sign, "signImage credentialsId: 'release', image: '" + IMAGE + "'");
        sign = new SignImageStep(IMAGE, "release");
        sign.setAnnotations("commit=abc");
        sign.setRegistryCredentialsId("login");
        sign.setSimpleSignatures(true);
        snippets.put(
                sign,
                "signImage annotations: 'commit=abc', credentialsId: 'release', image: '" + IMAGE
                        + "', registryCredentialsId: 'login', simpleSignatures: true");
        ApproveImageStep approve = new ApproveImageStep(IMAGE, "qa", "carol-key");
        snippets.put(approve, "approveImage credentialsId: 'carol-key', image: '" + IMAGE + "', stage: 'qa'");
        approve = new ApproveImageStep(IMAGE, "qa", "carol-key");
        approve.setDecision("reject");
        approve.setRole("qa");
        approve.setComment("crashes");
        approve.setRegistryCredentialsId("login");
        snippets.put(
                approve,
                "approveImage comment: 'crashes', credentialsId: 'carol-key', decision: 'reject', image: '" + IMAGE
                        + "', registryCredentialsId: 'login', role: 'qa', stage: 'qa'");
        AwaitApprovalsStep await = new AwaitApprovalsStep(IMAGE, "qa");
        snippets.put(await, "awaitApprovals image: '" + IMAGE + "', stage: 'qa'");
        await = new AwaitApprovalsStep(IMAGE, "qa");
        await.setTimeout(3);
        await.setUnit("DAYS");
        await.setMessage("Try the login");
        snippets.put(
                await,
                "awaitApprovals image: '" + IMAGE
                        + "', message: 'Try the login', stage: 'qa', timeout: 3, unit: 'DAYS'");
        snippets.put(new IsImageApprovedStep(IMAGE, "qa"), "isImageApproved image: '" + IMAGE + "', stage: 'qa'");
        PromoteImageStep promote = new PromoteImageStep(IMAGE, "qa", "registry.example.com/qa/app:1");
        snippets.put(promote, "promoteImage image: '" + IMAGE + "', stage: 'qa', to: 'registry.example.com/qa/app:1'");
        promote = new PromoteImageStep(IMAGE, "qa", "registry.example.com/qa/app:1");
        promote.setRegistryCredentialsId("login");
        snippets.put(
                promote,
                "promoteImage image: '" + IMAGE
                        + "', registryCredentialsId: 'login', stage: 'qa', to: 'registry.example.com/qa/app:1'");
        VerifyImageStep verify = new VerifyImageStep(IMAGE);
        verify.setStage("qa");
        snippets.put(verify, "verifyImage image: '" + IMAGE + "', stage: 'qa'");
        verify = new VerifyImageStep(IMAGE);
        verify.setPublicKeys("-----BEGIN PUBLIC KEY-----");
        verify.setRegistryCredentialsId("login");
        snippets.put(
                verify,
                "verifyImage image: '" + IMAGE
                        + "', publicKeys: '-----BEGIN PUBLIC KEY-----', registryCredentialsId: 'login'");
        return snippets;
    }

    @Test
    public void theSnippetGeneratorWritesTheShortestRightText() throws Exception {
        SnippetizerTester tester = new SnippetizerTester(jenkins);
        TreeSet<String> generated = new TreeSet<>();
        for (Map.Entry<Step, String> snippet : snippets().entrySet()) {
            tester.assertRoundTrip(snippet.getKey(), snippet.getValue());
            generated.add(snippet.getKey().getClass().getName());
        }
        TreeSet<String> steps = new TreeSet<>();
        ours().forEach(descriptor -> steps.add(descriptor.clazz.getName()));
        assertEquals("every step of the plugin", steps, generated);
    }

    @Test
    public void theDirectiveGeneratorKnowsConditionTriggerAndOption() throws Exception {
        directive(
                new WhenDirective(new ImageApprovedConditional("${env.IMAGE}", "qa"), true, false, false),
                new JSONObject()
                        .element("stapler-class", WhenDirective.class.getName())
                        .element("$class", WhenDirective.class.getName())
                        .element("beforeAgent", true)
                        .element("beforeInput", false)
                        .element("beforeOptions", false)
                        .element(
                                "conditional",
                                new JSONObject()
                                        .element("stapler-class", ImageApprovedConditional.class.getName())
                                        .element("$class", ImageApprovedConditional.class.getName())
                                        .element("image", "${env.IMAGE}")
                                        .element("stage", "qa")),
                "when {\n  imageApproved image: '${env.IMAGE}', stage: 'qa'\n  beforeAgent true\n}");
        ImageEventTrigger trigger = new ImageEventTrigger("registry.example.com/golden/*");
        directive(
                new TriggersDirective(List.of(trigger)),
                new JSONObject()
                        .element("stapler-class", TriggersDirective.class.getName())
                        .element("$class", TriggersDirective.class.getName())
                        .element(
                                "triggers",
                                new JSONObject()
                                        .element("stapler-class", ImageEventTrigger.class.getName())
                                        .element("$class", ImageEventTrigger.class.getName())
                                        .element("repository", "registry.example.com/golden/*")
                                        .element("tag", "*")
                                        .element("onPush", true)
                                        .element("onDelete", false)
                                        .element("onScan", false)),
                "triggers {\n  imageEvent 'registry.example.com/golden/*'\n}");
        directive(
                new OptionsDirective(List.of(new OnlyApprovedImages(IMAGE, "qa"))),
                new JSONObject()
                        .element("stapler-class", OptionsDirective.class.getName())
                        .element("$class", OptionsDirective.class.getName())
                        .element(
                                "options",
                                new JSONObject()
                                        .element("stapler-class", OnlyApprovedImages.class.getName())
                                        .element("$class", OnlyApprovedImages.class.getName())
                                        .element("specified", true)
                                        .element("image", IMAGE)
                                        .element("stage", "qa")),
                "options {\n  onlyApprovedImages image: '" + IMAGE + "', stage: 'qa'\n}");
    }

    @Test
    public void whatTheDirectiveGeneratorWritesIsUnderstood() throws Exception {
        WorkflowJob job = jenkins.createProject(WorkflowJob.class);
        job.setDefinition(new CpsFlowDefinition(
                "pipeline { agent none\n"
                        + "options {\n  onlyApprovedImages image: '${IMAGE}', stage: 'qa'\n}\n"
                        + "triggers {\n  imageEvent 'registry.example.com/golden/*'\n}\n"
                        + "stages { stage('never') {\n"
                        + "when {\n  imageApproved image: '" + IMAGE + "', stage: 'qa'\n  beforeAgent true\n}\n"
                        + "steps { echo 'went on' } } } }",
                true));
        WorkflowRun run = jenkins.assertBuildStatus(Result.FAILURE, job.scheduleBuild2(0));
        jenkins.assertLogNotContains("went on", run);
        OnlyApprovedImages property = job.getProperty(OnlyApprovedImages.class);
        assertNotNull("the option became a property of the job", property);
        assertEquals("${IMAGE}", property.getImage());
        ImageEventTrigger trigger = (ImageEventTrigger) job.getTriggers().values().stream()
                .filter(ImageEventTrigger.class::isInstance)
                .findFirst()
                .orElseThrow();
        assertEquals("registry.example.com/golden/*", trigger.getRepository());
        assertTrue(trigger.isOnPush());
    }

    @Test
    public void thePipelineSyntaxPagesShowTheHelpOfEveryField() throws Exception {
        try (JenkinsRule.WebClient browser = jenkins.createWebClient()) {
            browser.getOptions().setJavaScriptEnabled(false);
            String reference =
                    browser.goTo("pipeline-syntax/html").getWebResponse().getContentAsString();
            int shown = 0;
            for (StepDescriptor descriptor : ours()) {
                assertTrue(
                        descriptor.getFunctionName(),
                        reference.contains("<code>" + descriptor.getFunctionName() + "</code>"));
                Path helps =
                        Path.of("src/main/resources", descriptor.clazz.getName().replace('.', '/'));
                try (Stream<Path> files = Files.list(helps)) {
                    for (Path help : files.filter(file -> file.toString().endsWith(".html"))
                            .filter(file -> !file.toString().endsWith("_zh_CN.html"))
                            .toList()) {
                        assertTrue(help.toString(), squeeze(reference).contains(squeeze(Files.readString(help))));
                        shown++;
                    }
                }
            }
            assertTrue("too few: " + shown, shown > 40);
            browser.addRequestHeader("Accept-Language", "zh-CN");
            for (StepDescriptor descriptor : ours()) {
                String help = browser.goTo("descriptor/" + descriptor.clazz.getName() + "/help")
                        .getWebResponse()
                        .getContentAsString();
                try (InputStream chinese =
                        descriptor.clazz.getResourceAsStream(descriptor.clazz.getSimpleName() + "/help_zh_CN.html")) {
                    assertThat(
                            squeeze(help),
                            containsString(squeeze(new String(chinese.readAllBytes(), StandardCharsets.UTF_8))));
                }
            }
        }
    }

    @Test
    public void aPipelineThatIsNoneIsFound() {
        Map<String, String> wrong = new LinkedHashMap<>();
        wrong.put("pushImage from: 'oci:app', image: 'a:1', source: 'oci:app'", "pushImage has no parameter from");
        wrong.put("pushImage source: 'oci:app'", "pushImage needs image");
        wrong.put(
                "node { pushImages source: 'oci:app', image: 'a:1' }", "pushImages is no word that can stand in node");
        wrong.put("signImages image: 'a:1'", "signImages is no step");
        wrong.put("pushImage 'oci:app'", "pushImage takes its parameters by name");
        wrong.put("checkBaseImages onViolation: 'ignore'", "checkBaseImages has no onViolation \"ignore\"");
        wrong.put("awaitApprovals image: 'a:1', stage: 'qa', unit: 'WEEKS'", "unit");
        wrong.put("awaitApprovals image: 'a:1', stage: 'qa', timeout: 'soon'", "timeout");
        wrong.put("pushImage source: 'oci:app', image: 'a:1'," + "\n}", "unexpected token");
        String stage =
                "pipeline { agent none\nstages { stage('a') { when { imageApproved image: 'a:1' %s }\nsteps { echo 'b' } } } }";
        wrong.put(stage.formatted(", stages: 'qa'"), "imageApproved has no parameter stages");
        wrong.put(stage.formatted("\nimageSigned stage: 'qa'"), "imageSigned is no word that can stand in when");
        wrong.put(
                "pipeline { agent any\ntriggers { imageEvents('a') }\nstages { stage('a') { steps { echo 'b' } } } }",
                "imageEvents is no word that can stand in triggers");
        wrong.put("pipeline { agent any }", "Missing required section \"stages\"");
        for (Map.Entry<String, String> one : wrong.entrySet()) {
            List<String> faults = ShownPipeline.faults(one.getKey(), new TreeSet<>());
            assertThat(one.getKey(), faults.toString(), containsString(one.getValue()));
        }
        for (String right : List.of(
                "def image = pushImage …, provenanceCredentialsId: 'key' // any",
                "verifyImage image: …, stage: env.STAGE")) {
            assertEquals(right, List.of(), ShownPipeline.faults(right, new TreeSet<>()));
        }
    }

    @Test
    public void everyPipelineOfTheDocumentationIsOne() throws Exception {
        List<Shown> pipelines = new ArrayList<>(Documentation.blocks(Kind.PIPELINE));
        for (String file : List.of("Jenkinsfile", "docs/example/Jenkinsfile")) {
            pipelines.add(new Shown(Path.of(file), 1, "groovy", Documentation.read(Path.of(file))));
        }
        TreeSet<String> symbols = new TreeSet<>(ShownPipeline.symbols());
        for (Shown code : Documentation.inline()) {
            String first = code.text().replaceFirst("[ (].*", "");
            if (symbols.contains(first) && code.text().contains(": ")) {
                pipelines.add(code);
            }
        }
        List<String> faults = new ArrayList<>();
        TreeSet<String> seen = new TreeSet<>();
        for (Shown pipeline : pipelines) {
            ShownPipeline.faults(pipeline.text(), seen).forEach(fault -> faults.add(pipeline + ": " + fault));
        }
        assertEquals("", String.join("\n", faults));
        TreeSet<String> steps = new TreeSet<>();
        ours().forEach(step -> steps.add(step.getFunctionName()));
        steps.removeAll(seen);
        assertEquals("steps that no page shows", List.of("isImageApproved"), List.copyOf(steps));
    }

    /** {@code name: value} in a sentence is a parameter of ours or a field of the trust policy. */
    @Test
    public void everyNameInASentenceIsThere() throws Exception {
        TreeSet<String> known = new TreeSet<>(ShownPipeline.parameters());
        JsonNode schema =
                new ObjectMapper().readTree(PolicyReader.class.getResourceAsStream("trust-policy.schema.json"));
        schema.findValues("properties").forEach(fields -> fields.fieldNames().forEachRemaining(known::add));
        for (Shown block : Documentation.blocks(Kind.TRUST_POLICY, Kind.TRUST_POLICY_PART)) {
            Pattern.compile("(\\w+):\\s").matcher(block.text()).results().forEach(name -> known.add(name.group(1)));
        }
        known.add("default"); // of containers-policy.json
        TreeSet<String> symbols = new TreeSet<>(ShownPipeline.symbols());
        List<String> faults = new ArrayList<>();
        int checked = 0;
        for (Shown code : Documentation.inline()) {
            if (code.text().matches("[a-z]\\w+: .*")) {
                for (String part : code.text().replaceAll("\\{.*}", "").split(", (?=\\w+: )")) {
                    checked++;
                    if (!known.contains(part.replaceFirst(":.*", ""))) {
                        faults.add(code + ": nothing has the parameter or field " + part);
                    }
                }
            } else if (code.text().matches("(await|check|image|only|promote|push|sign|verify)[A-Z][a-zA-Z]*")) {
                checked++;
                if (!symbols.contains(code.text()) && !known.contains(code.text())) {
                    faults.add(code + ": nothing is named " + code.text());
                }
            }
        }
        assertEquals("", String.join("\n", faults));
        assertTrue("too few: " + checked, checked > 40);
    }

    @Test
    public void theScriptThatSetsUpTheExampleCompiles() throws Exception {
        CompilationUnit unit =
                new CompilationUnit(new GroovyClassLoader(getClass().getClassLoader()));
        unit.addSource("example", Documentation.read(Path.of("docs/example/example.groovy")));
        unit.compile(Phases.CLASS_GENERATION);
    }

    private static String squeeze(String html) {
        return html.replaceAll("\\s+", " ").trim();
    }

    private static List<StepDescriptor> ours() {
        return jenkins.jenkins.getExtensionList(StepDescriptor.class).stream()
                .filter(descriptor -> descriptor.clazz.getName().startsWith("io.jenkins.plugins.countersign."))
                .toList();
    }

    /** As an object, and as the form of the generator sends it. */
    private static void directive(AbstractDirective<?> directive, JSONObject form, String expected) throws Exception {
        assertEquals(expected, directive.toGroovy(true));
        try (JenkinsRule.WebClient browser = jenkins.createWebClient()) {
            WebRequest request =
                    new WebRequest(new URL(jenkins.getURL(), DirectiveGenerator.GENERATE_URL), HttpMethod.POST);
            request.setRequestParameters(List.of(
                    new NameValuePair("json", form.toString()),
                    // addCrumb() of the client replaces all parameters.
                    new NameValuePair(
                            jenkins.jenkins.getCrumbIssuer().getCrumbRequestField(),
                            jenkins.jenkins.getCrumbIssuer().getCrumb())));
            assertEquals(
                    expected,
                    browser.getPage(request)
                            .getWebResponse()
                            .getContentAsString()
                            .trim());
        }
    }
}
