package io.jenkins.plugins.countersign.approval;

import hudson.init.InitMilestone;
import hudson.init.Initializer;
import hudson.security.Permission;
import hudson.security.PermissionGroup;
import hudson.security.PermissionScope;
import jenkins.model.Jenkins;

/**
 * What people may do at a gate, apart from what they may do with jobs. Administrators have both, and it bypasses nothing:
 * what a signature counts for, the trust policy says, and it knows no administrators.
 */
public final class ApprovalPermissions {

    public static final PermissionGroup GROUP =
            new PermissionGroup(ApprovalPermissions.class, Messages._ApprovalPermissions_Group());

    /** To approve, reject and withdraw, with one's own key. */
    public static final Permission APPROVE = new Permission(
            GROUP, "Approve", Messages._ApprovalPermissions_Approve(), Jenkins.ADMINISTER, true, new PermissionScope[] {
                PermissionScope.ITEM, PermissionScope.ITEM_GROUP, PermissionScope.JENKINS
            });

    /** To set somebody else's rejection aside, by name and with a reason. */
    public static final Permission OVERRIDE = new Permission(
            GROUP,
            "Override",
            Messages._ApprovalPermissions_Override(),
            Jenkins.ADMINISTER,
            true,
            new PermissionScope[] {PermissionScope.ITEM, PermissionScope.ITEM_GROUP, PermissionScope.JENKINS});

    private ApprovalPermissions() {}

    /** Loads the class, so that authorization strategies know the permissions before they are configured. */
    @Initializer(before = InitMilestone.SYSTEM_CONFIG_LOADED)
    public static void register() {
        APPROVE.getEnabled();
        OVERRIDE.getEnabled();
    }
}
