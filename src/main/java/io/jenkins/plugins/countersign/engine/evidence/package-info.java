/**
 * What speaks for an image besides people: test results, scan reports, bills of material, provenance. Turns the files that
 * tools write into in-toto predicates, and reads from such predicates what the gate asks: kind, result, worst finding, time.
 */
package io.jenkins.plugins.countersign.engine.evidence;
