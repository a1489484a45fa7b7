/**
 * Approvals, records, and the gate that decides about them.
 *
 * <p>{@link io.jenkins.plugins.countersign.engine.approval.Gate#decide} is a pure function of statements, policy, ledger and
 * time. It counts people, not keys, and gives a reason for every statement that it sets aside. The statements are described
 * in docs/statements.md, the rules in docs/approvals.md.
 */
package io.jenkins.plugins.countersign.engine.approval;
