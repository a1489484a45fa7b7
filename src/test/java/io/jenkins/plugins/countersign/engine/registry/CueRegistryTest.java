package io.jenkins.plugins.countersign.engine.registry;

import static org.junit.Assert.assertEquals;

import io.jenkins.plugins.countersign.engine.image.Descriptor;
import java.util.List;
import org.junit.ClassRule;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** Against somebody else's registry with the referrers API. */
public class CueRegistryTest {

    @ClassRule
    public static final ReferrersRegistry REGISTRY = ReferrersRegistry.cue();

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private static Repository open(String name) {
        return Repositories.open(REGISTRY.host() + "/" + name, REGISTRY.access());
    }

    @Test
    public void registryListsWhatIsAttachedAndNoTagsAreMade() throws Exception {
        Repository repository = open("attached");
        Descriptor image = Samples.pushImage(repository, 1, 10, 1_500_000).descriptor();
        Manifest statement = Samples.statement(repository, image, "approved");
        repository.attach(statement);
        repository.attach(statement);
        repository.attach(Samples.statement(repository, image, "reviewed"));
        repository.tag(image.digest(), "v1");
        assertEquals(2, repository.referrers(image.digest()).size());
        assertEquals(List.of("v1"), repository.tags());
    }

    @Test(timeout = 60_000)
    public void fiftyThreadsAttachAtOnceAndFiftyStatementsAreThere() throws Exception {
        Repository repository = open("fifty");
        Manifest image = Samples.pushImage(repository, 1, 10);
        RegistryAccess shared = REGISTRY.access();
        FiftyWriters.inThreads(50, () -> Repositories.open(REGISTRY.host() + "/fifty", shared), image.descriptor());
        assertEquals(50, repository.referrers(image.digest()).size());
    }

    @Test
    public void imageIsPromotedFromItToAFolderAndBack() throws Exception {
        Repository repository = open("promoted");
        Manifest index = Samples.pushIndex(repository, 4);
        repository.attach(Samples.statement(repository, index.descriptor(), "approved"));
        Repository folder =
                Repositories.open("oci:" + temporary.getRoot().toPath().resolve("layout"));
        Copy.of(repository, index.digest(), folder).tagged("v1").run();
        assertEquals(1, folder.referrers(index.digest()).size());
        PushResult back =
                Copy.of(folder, index.digest(), open("back")).tagged("v1").run();
        assertEquals(1, back.attachments());
        assertEquals(1, open("back").referrers(index.digest()).size());
        PushResult inside =
                Copy.of(repository, index.digest(), open("inside")).tagged("v1").run();
        assertEquals(0, inside.bytesUploaded());
        assertEquals(1, open("inside").referrers(index.digest()).size());
    }
}
