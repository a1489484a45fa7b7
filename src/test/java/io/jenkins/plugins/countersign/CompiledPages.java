package io.jenkins.plugins.countersign;

import hudson.Extension;
import hudson.model.listeners.ItemListener;
import org.kohsuke.stapler.MetaClass;

/**
 * Lets a page be compiled once, as in any Jenkins that people use. {@code JenkinsRule} has it read and compiled anew for every
 * request, for those who edit pages while a test runs, and tests of pages did little else.
 */
@Extension
public final class CompiledPages extends ItemListener {

    @Override
    public void onLoaded() {
        MetaClass.NO_CACHE = false;
    }
}
