// Sets up the example in a Jenkins that ./run starts: people, keys, registry, trust policy, one job. Everything in it can be
// done in the pages or by Configuration as Code; a script keeps the example in one file.
import com.cloudbees.plugins.credentials.CredentialsProvider
import com.cloudbees.plugins.credentials.CredentialsScope
import com.cloudbees.plugins.credentials.SystemCredentialsProvider
import com.cloudbees.plugins.credentials.domains.Domain
import hudson.model.User
import hudson.security.ACL
import hudson.security.FullControlOnceLoggedInAuthorizationStrategy
import hudson.security.HudsonPrivateSecurityRealm
import hudson.slaves.EnvironmentVariablesNodeProperty
import hudson.util.Secret
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration
import io.jenkins.plugins.countersign.signing.SigningKeyCredentialsImpl
import jenkins.model.Jenkins
import jenkins.model.JenkinsLocationConfiguration
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition
import org.jenkinsci.plugins.workflow.job.WorkflowJob

def jenkins = Jenkins.get()
if (jenkins.getItem('example') != null) {
    return
}
def keys = new File(System.getenv('EXAMPLE_KEYS'))
def password = new File(keys, 'password').text.trim()
def key = { String id, String name, CredentialsScope scope ->
    def credentials = new SigningKeyCredentialsImpl(scope, id, "The key of ${name}", Secret.fromString(new File(keys, "${name}.key").text))
    credentials.password = Secret.fromString(password)
    credentials
}

def realm = new HudsonPrivateSecurityRealm(false, false, null)
['builder', 'carol', 'alice', 'frank', 'grace'].each { realm.createAccount(it, password) }
jenkins.securityRealm = realm
jenkins.authorizationStrategy = new FullControlOnceLoggedInAuthorizationStrategy()
JenkinsLocationConfiguration.get().url = System.getenv('EXAMPLE_URL')

def system = SystemCredentialsProvider.instance
system.credentials.add(key('gate-key', 'gate', CredentialsScope.SYSTEM))
system.credentials.add(key('build-key', 'builder', CredentialsScope.GLOBAL))
system.save()
['carol', 'alice', 'frank', 'grace'].each { name ->
    def person = User.getById(name, true)
    def context = ACL.as2(person.impersonate2())
    try {
        CredentialsProvider.lookupStores(person).find { it.context == person }
            .addCredentials(Domain.global(), key('my-key', name, CredentialsScope.USER))
    } finally {
        context.close()
    }
}

def registry = new RegistryConfiguration(System.getenv('REGISTRY'))
registry.insecurePlainHttp = true // on this machine's loopback address only
def countersign = CountersignConfiguration.get()
countersign.registries = [registry]
countersign.trustPolicy = new File(keys, 'policy.yaml').text
countersign.gateCredentialsId = 'gate-key'

def variables = ['EXAMPLE', 'REGISTRY', 'GOLDEN', 'COUNTERSIGN', 'BUILDAH_OPTIONS'].collect {
    new EnvironmentVariablesNodeProperty.Entry(it, System.getenv(it))
}
jenkins.globalNodeProperties.add(new EnvironmentVariablesNodeProperty(variables))

def job = jenkins.createProject(WorkflowJob, 'example')
job.definition = new CpsFlowDefinition(new File(System.getenv('EXAMPLE'), 'Jenkinsfile').text, true)
job.save()
jenkins.save()
