package io.jenkins.plugins.countersign.goldenbase;

import static org.junit.Assert.assertEquals;

import hudson.model.FreeStyleBuild;
import hudson.model.FreeStyleProject;
import hudson.model.Result;
import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import java.util.List;
import org.junit.BeforeClass;
import org.junit.ClassRule;
import org.junit.Test;
import org.junit.rules.RuleChain;
import org.jvnet.hudson.test.JenkinsRule;
import org.jvnet.hudson.test.SingleFileSCM;

/** The check in a job, with a real registry behind it. */
public class CheckBaseImagesTest {

    private static final DockerRegistry REGISTRY = new DockerRegistry();
    private static final JenkinsRule JENKINS = new JenkinsRule();

    @ClassRule
    public static final RuleChain RULES = RuleChain.outerRule(REGISTRY).around(JENKINS);

    private static GoldenRegistry golden;
    private static Digest java;

    @BeforeClass
    public static void pushGoldenImages() throws Exception {
        RealPart.require("docker-registry");
        golden = new GoldenRegistry(REGISTRY);
        java = golden.image("golden/java", "17", null, null, "java 17");
    }

    @Test
    public void digestsOfTheBasesAreKeptWithTheBuild() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        FreeStyleProject job = job("FROM " + REGISTRY.host() + "/golden/java:17\n");
        FreeStyleBuild build = JENKINS.buildAndAssertSuccess(job);

        assertEquals(List.of(REGISTRY.host() + "/golden/java:17@" + java), CheckedBasesAction.of(build));
        build.reload();
        assertEquals(
                "after a restart", List.of(REGISTRY.host() + "/golden/java:17@" + java), CheckedBasesAction.of(job));
    }

    @Test
    public void registryOfARefusedImageIsNotAsked() throws Exception {
        golden.configure("{allow: [registry.example.com/golden/**]}");
        FreeStyleProject job = job("FROM " + REGISTRY.host() + "/golden/java:17\n");
        FreeStyleBuild build = JENKINS.buildAndAssertStatus(Result.FAILURE, job);

        assertEquals(List.of(REGISTRY.host() + "/golden/java:17"), CheckedBasesAction.of(build));
        JENKINS.assertLogContains("[not-golden]", build);
    }

    @Test
    public void loginWithoutARegistryIsSentToNobody() throws Exception {
        golden.configure("{allow: [" + REGISTRY.host() + "/golden/**]}");
        FreeStyleProject job =
                job("FROM " + REGISTRY.host() + "/golden/java:17\n", step -> step.setRegistryCredentialsId("other"));
        FreeStyleBuild build = JENKINS.buildAndAssertStatus(Result.FAILURE, job);

        JENKINS.assertLogContains("name the one registry that may see it", build);
    }

    private static FreeStyleProject job(String dockerfile) throws Exception {
        return job(dockerfile, step -> {});
    }

    private static FreeStyleProject job(String dockerfile, java.util.function.Consumer<CheckBaseImagesStep> setting)
            throws Exception {
        FreeStyleProject job = JENKINS.createFreeStyleProject();
        job.setScm(new SingleFileSCM("Dockerfile", dockerfile));
        CheckBaseImagesStep step = new CheckBaseImagesStep();
        setting.accept(step);
        job.getBuildersList().add(new CheckBaseImagesBuilder(step));
        return job;
    }
}
