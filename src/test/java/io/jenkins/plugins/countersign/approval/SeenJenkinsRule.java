package io.jenkins.plugins.countersign.approval;

import hudson.Functions;
import hudson.model.FreeStyleProject;
import hudson.model.Item;
import hudson.security.Permission;
import io.jenkins.plugins.countersign.ImageStepsPublisher;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesBuilder;
import io.jenkins.plugins.countersign.goldenbase.CheckBaseImagesStep;
import io.jenkins.plugins.countersign.promotion.PromoteImageStep;
import io.jenkins.plugins.countersign.push.PushImageBuilder;
import io.jenkins.plugins.countersign.push.PushImageStep;
import io.jenkins.plugins.countersign.signing.SignImageBuilder;
import io.jenkins.plugins.countersign.signing.SignImageStep;
import io.jenkins.plugins.countersign.signing.VerifyImageBuilder;
import io.jenkins.plugins.countersign.signing.VerifyImageStep;
import io.jenkins.plugins.countersign.webhook.ImageEventTrigger;
import java.io.File;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jenkins.model.Jenkins;
import jenkins.model.JenkinsLocationConfiguration;
import org.jenkins.ui.symbol.Symbol;
import org.junit.rules.TemporaryFolder;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.MockAuthorizationStrategy;
import org.jvnet.localizer.LocaleProvider;

/** A Jenkins that looks as people see it, not as tests do: with its symbols, and to everybody in their own language. */
final class SeenJenkinsRule extends JenkinsRule {

    /** What a dark theme sets: the plugin of that name is none that tests need. */
    static final String DARK = """
            (() => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(`:root { color-scheme: dark; --background: #121214; --text-color: #f5f5f7;
                --text-color-secondary: #a6b2c2; --card-background: #1d1d20; --card-border-color: #3a3a40;
                --input-color: #1d1d20; --input-border: #4a4a52; --input-border-hover: #6a6a74;
                --dialogs-background: #1d1d20; --dialog-background: #1d1d20; --jenkins-border-color: #3a3a40;
                --button-background: #2b2b30; --header-background: #121214; --header-color: #f5f5f7;
                --link-color: #7ab7ff; --table-background: #1d1d20; --table-header-background: #26262a;
                --table-header-foreground: #f5f5f7; --pre-background: #26262a; --pre-color: #f5f5f7;
                --success-color: #3fb950; --error-color: #ff6b6b; --warning-color: #ffb454;
                --item-background--hover: #2b2b30; --item-background--active: #33333a; --black: #fff; --white: #000; }`);
              const dark = () => {
                document.documentElement.dataset.theme = "dark";
                document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
              };
              document.documentElement ? dark() : document.addEventListener("readystatechange", dark, {once: true});
            })()""";

    private final LocaleProvider before = LocaleProvider.getProvider();

    @Override
    public void before() throws Throwable {
        super.before();
        useSymbolsOfTheWar();
        LocaleProvider.setProvider(new LocaleProvider() {
            @Override
            public Locale get() {
                return Functions.getCurrentLocale();
            }
        });
    }

    @Override
    public void after() throws Exception {
        LocaleProvider.setProvider(before);
        super.after();
    }

    /** Everybody reads, frank administers, and these people may do that with approvals. */
    void admit(List<Permission> permissions, String... people) throws Exception {
        jenkins.setSecurityRealm(createDummySecurityRealm());
        jenkins.setAuthorizationStrategy(new MockAuthorizationStrategy()
                .grant(Jenkins.READ, Item.READ)
                .everywhere()
                .toEveryone()
                .grant(permissions.toArray(Permission[]::new))
                .everywhere()
                .to(people)
                .grant(Jenkins.ADMINISTER)
                .everywhere()
                .to("frank"));
        JenkinsLocationConfiguration.get().setUrl(getURL().toString());
    }

    /** The person at their desk, logged in. */
    Chromium browserOf(String person, TemporaryFolder profiles) throws Exception {
        Chromium browser = Chromium.start(profiles.newFolder().toPath());
        browser.size(1280, 900);
        browser.logIn(getURL().toString(), person);
        return browser;
    }

    /** Puts every form of the plugin that a freestyle job can have into it. */
    static void addEveryForm(FreeStyleProject job, ImageAtGate gate) throws Exception {
        String image = gate.image();
        String registry = gate.registry.host();
        job.addProperty(new OnlyApprovedImages(image, "qa"));
        job.addTrigger(new ImageEventTrigger(registry + "/**"));
        job.getBuildersList().add(new CheckBaseImagesBuilder(new CheckBaseImagesStep()));
        job.getBuildersList().add(new PushImageBuilder(new PushImageStep("oci:app:latest", gate.repository + ":2")));
        job.getBuildersList().add(new SignImageBuilder(new SignImageStep(image, "gate-key")));
        job.getBuildersList().add(new ApproveImageBuilder(new ApproveImageStep(image, "qa", "gate-key")));
        job.getBuildersList().add(new VerifyImageBuilder(new VerifyImageStep(image)));
        job.getBuildersList().add(new IsImageApprovedBuilder(new IsImageApprovedStep(image, "qa")));
        job.getPublishersList()
                .add(new ImageStepsPublisher(List.of(new PromoteImageStep(image, "nowhere", registry + "/qa/app"))));
    }

    /** Jenkins' own symbols are in the war's classes, which are not on a test's class path: pages would show crosses. */
    @SuppressWarnings("unchecked")
    private void useSymbolsOfTheWar() throws Exception {
        Field field = Symbol.class.getDeclaredField("SYMBOLS");
        field.setAccessible(true);
        Map<String, Map<String, String>> symbols = (Map<String, Map<String, String>>) field.get(null);
        Map<String, String> core = symbols.computeIfAbsent("core", name -> new ConcurrentHashMap<>());
        String real = jenkins.getServletContext().getRealPath("/WEB-INF/classes/images/symbols");
        File[] files = real == null ? null : new File(real).listFiles((dir, name) -> name.endsWith(".svg"));
        for (File file : files == null ? new File[0] : files) {
            core.put(
                    file.getName().replace(".svg", ""),
                    Files.readString(file.toPath())
                            .replaceAll("(?s)<title>.*?</title>", "")
                            .replaceFirst("<svg([^>]*?) class=\"[^\"]*\"", "<svg$1")
                            .replaceFirst("<svg", "<svg aria-hidden=\"true\""));
        }
    }
}
