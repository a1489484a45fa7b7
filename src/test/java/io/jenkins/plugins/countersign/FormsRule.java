package io.jenkins.plugins.countersign;

import org.jvnet.hudson.test.JenkinsRule;

/**
 * A Jenkins for tests that fill in forms. Its browser runs their scripts and leaves their style sheets out: no style decides what
 * is sent, and to work them out took longer than all else.
 */
public class FormsRule extends JenkinsRule {

    @Override
    public WebClient createWebClient() {
        WebClient browser = super.createWebClient();
        browser.getOptions().setCssEnabled(false);
        return browser;
    }
}
