package io.jenkins.plugins.countersign.approval

import org.jenkinsci.plugins.pipeline.modeldefinition.when.DeclarativeStageConditionalScript
import org.jenkinsci.plugins.workflow.cps.CpsScript

class ImageApprovedConditionalScript extends DeclarativeStageConditionalScript<ImageApprovedConditional> {
    ImageApprovedConditionalScript(CpsScript s, ImageApprovedConditional c) {
        super(s, c)
    }

    @Override
    boolean evaluate() {
        return script.isImageApproved(image: describable.getImage(), stage: describable.getStage())
    }
}
