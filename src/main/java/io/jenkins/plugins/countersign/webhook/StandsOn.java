package io.jenkins.plugins.countersign.webhook;

import hudson.Extension;
import hudson.ExtensionList;
import hudson.XmlFile;
import hudson.model.Item;
import hudson.model.Items;
import hudson.model.Job;
import hudson.model.Run;
import hudson.model.TaskListener;
import hudson.model.listeners.ItemListener;
import hudson.model.listeners.RunListener;
import hudson.security.ACL;
import hudson.security.ACLContext;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.image.ImageReference;
import io.jenkins.plugins.countersign.goldenbase.CheckedBasesAction;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import jenkins.model.Jenkins;

/**
 * Who stands on what: for every job the bases that its last check recorded. On the disk beside each job, so that it is renamed,
 * moved and deleted with the job, and there after a restart though the builds be gone; in memory for all of them.
 */
@Extension
public class StandsOn extends RunListener<Run<?, ?>> {

    private static final Logger LOGGER = Logger.getLogger(StandsOn.class.getName());
    private static final String FILE = "countersign-bases.xml";

    private Map<String, List<String>> basesOfJobs;

    static StandsOn get() {
        return ExtensionList.lookupSingleton(StandsOn.class);
    }

    @Override
    public void onCompleted(Run<?, ?> run, TaskListener listener) {
        if (run.getAction(CheckedBasesAction.class) == null) {
            return;
        }
        List<String> bases = CheckedBasesAction.of(run);
        Job<?, ?> job = run.getParent();
        try {
            synchronized (this) {
                // A later build may have been faster.
                if (!bases.equals(everyJob().get(job.getFullName())) && isLastCheck(run)) {
                    file(job).write(new ArrayList<>(bases));
                    everyJob().put(job.getFullName(), bases);
                }
            }
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "the bases of " + job.getFullName() + " cannot be kept", e);
        }
    }

    /** The jobs that stand on the tag's image as it was: full names, with the digest that the check recorded. */
    synchronized Map<String, String> on(RegistryEvent event) {
        Map<String, String> jobs = new TreeMap<>();
        if (event.tagOrNull() == null) {
            return jobs;
        }
        everyJob().forEach((job, bases) -> {
            for (String base : bases) {
                ImageReference reference = reference(base);
                if (reference != null
                        && reference.registry().equals(event.registry())
                        && reference.repository().equals(event.repository())
                        && event.tagOrNull().equals(reference.tag().orElse("latest"))
                        && reference.digest().isPresent()) {
                    jobs.put(job, reference.digest().get().toString());
                }
            }
        });
        return jobs;
    }

    private static boolean isLastCheck(Run<?, ?> run) {
        for (Run<?, ?> later = run.getNextBuild(); later != null; later = later.getNextBuild()) {
            if (!later.isBuilding() && later.getAction(CheckedBasesAction.class) != null) {
                return false;
            }
        }
        return true;
    }

    private synchronized Map<String, List<String>> everyJob() {
        if (basesOfJobs == null) {
            basesOfJobs = new HashMap<>();
            try (ACLContext ignored = ACL.as2(ACL.SYSTEM2)) {
                Jenkins.get().allItems(Job.class).forEach(this::load);
            }
        }
        return basesOfJobs;
    }

    private void load(Job<?, ?> job) {
        XmlFile file = file(job);
        if (file.exists()) {
            try {
                List<String> bases = new ArrayList<>();
                ((List<?>) file.read()).forEach(base -> bases.add((String) base));
                basesOfJobs.put(job.getFullName(), bases);
            } catch (IOException | ClassCastException e) {
                LOGGER.log(Level.WARNING, "the bases of " + job.getFullName() + " cannot be read", e);
            }
        }
    }

    /** Lets all of it be read again. */
    synchronized void forget() {
        basesOfJobs = null;
    }

    private static ImageReference reference(String base) {
        try {
            return ImageReference.parse(base);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static XmlFile file(Job<?, ?> job) {
        return new XmlFile(Items.XSTREAM, new File(job.getRootDir(), FILE));
    }

    /** Names change. */
    @Extension
    public static class Moves extends ItemListener {

        @Override
        public void onLocationChanged(Item item, String oldFullName, String newFullName) {
            get().forget();
        }

        @Override
        public void onDeleted(Item item) {
            get().forget();
        }

        @Override
        public void onCopied(Item original, Item copy) {
            get().forget();
        }
    }
}
