/**
 * Gates and approvals in Jenkins: the steps, the pages, who may approve, and the waiting. What counts is decided by
 * {@link io.jenkins.plugins.countersign.engine.approval.Gate} alone.
 */
package io.jenkins.plugins.countersign.approval;
