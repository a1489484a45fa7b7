package io.jenkins.plugins.countersign.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchUnitRunner;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.runner.RunWith;

/** The walls of the house: the engine knows no Jenkins, the command line knows the engine alone, nothing goes in circles. */
@RunWith(ArchUnitRunner.class)
@AnalyzeClasses(packages = "io.jenkins.plugins.countersign", importOptions = ImportOption.DoNotIncludeTests.class)
public class ArchitectureTest {

    private static final String ROOT = "io.jenkins.plugins.countersign";

    @ArchTest
    public static final ArchRule engineAndCliKnowNoJenkins = noClasses()
            .that()
            .resideInAnyPackage(ROOT + ".engine..", ROOT + ".cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("hudson..", "jenkins..", "org.kohsuke..", "org.jenkinsci..", "net.sf.json..");

    @ArchTest
    public static final ArchRule engineKnowsTheEngineAlone = noClasses()
            .that()
            .resideInAPackage(ROOT + ".engine..")
            .should()
            .dependOnClassesThat(com.tngtech.archunit.base.DescribedPredicate.describe(
                    "are ours but not the engine's",
                    c -> c.getPackageName().startsWith(ROOT)
                            && !c.getPackageName().startsWith(ROOT + ".engine")));

    @ArchTest
    public static final ArchRule imageIsALeaf = noClasses()
            .that()
            .resideInAPackage(ROOT + ".engine.image..")
            .should()
            .dependOnClassesThat(com.tngtech.archunit.base.DescribedPredicate.describe(
                    "are the engine's but not image's",
                    c -> c.getPackageName().startsWith(ROOT + ".engine")
                            && !c.getPackageName().startsWith(ROOT + ".engine.image")));

    /** Names of images, files and jobs come from strangers; a program that is started is where they would be obeyed. */
    @ArchTest
    public static final ArchRule noProgramIsStartedButTheHelpersForTokensAndDockersLogins = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(ROOT + ".engine.signing.token.TokenHelper")
            .and()
            .doNotHaveFullyQualifiedName(ROOT + ".engine.registry.CredentialHelper")
            .should()
            .dependOnClassesThat()
            .haveNameMatching(
                    "java\\.lang\\.(ProcessBuilder|Runtime\\$.*)|hudson\\.Launcher\\$ProcStarter|hudson\\.Proc");

    @ArchTest
    public static final ArchRule noCircles =
            slices().matching(ROOT + ".engine.(*)..").should().beFreeOfCycles();
}
