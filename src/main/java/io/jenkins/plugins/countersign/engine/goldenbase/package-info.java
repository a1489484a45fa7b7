/** Golden bases: the catalogue of what may enter a build, the check of a Dockerfile, the lineage of a built image. */
package io.jenkins.plugins.countersign.engine.goldenbase;
