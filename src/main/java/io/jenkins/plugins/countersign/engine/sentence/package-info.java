/** What the engine says to people, kept apart from the language in which it is said. */
package io.jenkins.plugins.countersign.engine.sentence;
