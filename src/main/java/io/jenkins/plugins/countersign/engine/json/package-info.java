/** JSON from strangers and to them, read strictly wherever the engine reads it. */
package io.jenkins.plugins.countersign.engine.json;
