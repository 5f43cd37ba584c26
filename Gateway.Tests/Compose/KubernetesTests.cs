using System.Globalization;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using NUnit.Framework;

namespace RigKafka.Tests.Compose;

/// <summary>
/// No cluster runs in the tests, so what can be known without one is checked: the manifests against Kubernetes' own types, and names, ports
/// and values against the settings.
/// </summary>
internal sealed partial class KubernetesTests
{
    private const string Folder = "compose/kubernetes";
    private const string Kustomization = "kustomization.yaml";

    /// <summary>Of kinds that Kubernetes itself does not have.</summary>
    private static readonly string[] OfTheOperator = ["servicemonitor.yaml", MonitoringFiles.PrometheusRule];

    private static readonly V1PodSpec Pod = All<V1Deployment>().Single().Spec.Template.Spec;
    private static readonly V1Container Container = Pod.Containers.Single();

    /// <summary>The runtime's own is not a setting.</summary>
    private static readonly Dictionary<string, string> Environment =
        Container.Env.Where(variable => variable.Name != "DOTNET_EnableDiagnostics").ToDictionary(variable => variable.Name, variable => variable.Value);

    private static IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, Folder)).Select(file => Path.GetFileName(file)!);

    private static IEnumerable<string> Manifests => Files.Except([Kustomization, .. OfTheOperator]);

    [TestCaseSource(nameof(Manifests))]
    public void Manifest_HasNothingThatKubernetesDoesNotKnow(string file) => Assert.That(Read(file), Is.Not.Empty);

    [Test]
    public void Kustomization_NamesEachFile() =>
        Assert.That(Resource().Matches(RepositoryFiles.Read($"{Folder}/{Kustomization}")).Select(found => found.Groups["file"].Value), Is.EquivalentTo(Files.Except([Kustomization])));

    [Test]
    public void Environment_IsMadeOfSettings_AndTheirValuesAreTaken()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "a-secret-of-32-bytes-as-is-asked-for");
        var environment = Environment.ToDictionary(variable => variable.Key, variable => variable.Key.EndsWith("_FILE", StringComparison.Ordinal) ? file : variable.Value);
        var settings = TestSettings.Of(environment);
        File.Delete(file);

        Assert.That(environment.Keys.Where(name => !settings.Settings.Any(setting => setting.IsNamed(name))), Is.Empty);
        Assert.That(settings.Mistakes, Is.Empty);
    }

    [Test]
    public void Secrets_AreFilesOfTheSecret_WhichHasNone()
    {
        var secret = All<V1Secret>().Single();
        var folder = Container.VolumeMounts.Single();
        Assert.That(Pod.Volumes.Single(volume => volume.Name == folder.Name).Secret.SecretName, Is.EqualTo(secret.Metadata.Name));
        Assert.That(
            Environment.Where(variable => variable.Key.EndsWith("_FILE", StringComparison.Ordinal)).Select(variable => variable.Value),
            Is.EquivalentTo(secret.StringData.Keys.Select(key => $"{folder.MountPath}/{key}")));
        Assert.That(secret.StringData.Values, Has.All.Empty, "a secret that everybody can read is none");
    }

    [Test]
    public void Ports_AreThoseOfTheSettings_AndTheServicesAndIngressesLeadThere()
    {
        var ports = Container.Ports.ToDictionary(port => port.Name, port => port.ContainerPort.ToString(CultureInfo.InvariantCulture));
        Assert.That(ports, Is.EqualTo(new Dictionary<string, string> { ["clients"] = Default("INBOUND_PORT"), ["api"] = Default("API_PORT") }));
        var services = All<V1Service>().ToDictionary(service => service.Metadata.Name, service => service.Spec.Ports.Single());
        Assert.That(services.Values.Select(port => port.TargetPort.Value).Distinct(), Is.EquivalentTo(ports.Keys));
        foreach (var backend in All<V1Ingress>().SelectMany(ingress => ingress.Spec.Rules).SelectMany(rule => rule.Http.Paths).Select(path => path.Backend.Service))
        {
            Assert.That(backend.Port.Name, Is.EqualTo("clients").And.EqualTo(services[backend.Name].Name), "the API port is not for the outside");
        }

        Assert.That(All<V1NetworkPolicy>().Single().Spec.Ingress.SelectMany(rule => rule.Ports).Select(port => port.Port.Value), Is.EquivalentTo(ports.Keys));
    }

    /// <summary>A controller chooses nodes for a service as the first ingress says that names it.</summary>
    [TestCase("ingress-nginx.yaml")]
    [TestCase("ingress-haproxy.yaml")]
    public void LongPolling_HasAServiceOfItsOwn(string file)
    {
        var backends = Read(file).Cast<V1Ingress>().SelectMany(ingress => ingress.Spec.Rules).SelectMany(rule => rule.Http.Paths).ToDictionary(path => path.Path, path => path.Backend.Service.Name);
        Assert.That(backends.Keys, Is.EquivalentTo(["/", "/socket/longpoll"]));
        Assert.That(backends.Values, Is.Unique);
    }

    [Test]
    public void Pod_HasTimeToEnd_AndMayDoNoMoreThanItNeeds()
    {
        Assert.That(Pod.TerminationGracePeriodSeconds * 1000, Is.GreaterThan(int.Parse(Environment["SHUTDOWN_TIMEOUT_MS"], CultureInfo.InvariantCulture)));
        Assert.That((Pod.EnableServiceLinks, Pod.SecurityContext.RunAsNonRoot, Container.SecurityContext.ReadOnlyRootFilesystem, Container.SecurityContext.AllowPrivilegeEscalation), Is.EqualTo(((bool?)false, (bool?)true, (bool?)true, (bool?)false)));
        Assert.That(Container.SecurityContext.Capabilities.Drop, Is.EqualTo(["ALL"]));
        Assert.That(new[] { Container.StartupProbe, Container.LivenessProbe, Container.ReadinessProbe }.Select(probe => (probe.HttpGet.Port.Value, probe.HttpGet.Path)), Is.EqualTo([("api", "/health/live"), ("api", "/health/live"), ("api", "/health/ready")]));
    }

    [Test]
    public void Labels_AreThoseOfThePods()
    {
        var labels = All<V1Deployment>().Single().Spec.Template.Metadata.Labels;
        Assert.That(All<V1Service>().Select(service => service.Spec.Selector), Has.All.EqualTo(labels));
        Assert.That(All<V1PodDisruptionBudget>().Single().Spec.Selector.MatchLabels, Is.EqualTo(labels));
        Assert.That(All<V1NetworkPolicy>().Single().Spec.PodSelector.MatchLabels, Is.EqualTo(labels));
        Assert.That(All<V2HorizontalPodAutoscaler>().Single().Spec.ScaleTargetRef.Name, Is.EqualTo(All<V1Deployment>().Single().Metadata.Name));
        Assert.That(RepositoryFiles.Read($"{Folder}/{Kustomization}"), Does.Contain($"{labels.Single().Key}: {labels.Single().Value}"), "and of the services, for Prometheus");
    }

    /// <summary>The unit of a machine without containers allows the node its time too.</summary>
    [Test]
    public void SystemdUnit_GivesTheNodeTimeToEnd() =>
        Assert.That(
            int.Parse(Timeout().Match(RepositoryFiles.Read("compose/systemd/rig-kafka.service")).Groups["seconds"].Value, CultureInfo.InvariantCulture) * 1000,
            Is.GreaterThan(int.Parse(Default("SHUTDOWN_TIMEOUT_MS"), CultureInfo.InvariantCulture)));

    private static List<object> Read(string file) => KubernetesYaml.LoadAllFromString(RepositoryFiles.Read($"{Folder}/{file}"), strict: true);

    private static IEnumerable<T> All<T>() => Manifests.SelectMany(Read).OfType<T>();

    private static string Default(string name) => TestSettings.Of([]).Settings.Single(setting => setting.Name == name).Default;

    [GeneratedRegex(@"^  (?:# )?- (?<file>[a-z-]+\.yaml)$", RegexOptions.Multiline)]
    private static partial Regex Resource();

    [GeneratedRegex("^TimeoutStopSec=(?<seconds>[0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex Timeout();
}
