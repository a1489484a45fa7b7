/** What an image is called: references, digests, platforms, descriptors. Depends on nothing else of the engine. */
package io.jenkins.plugins.countersign.engine.image;
