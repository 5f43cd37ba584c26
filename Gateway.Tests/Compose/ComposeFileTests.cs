using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RigKafka.Messages;
using RigKafka.Settings;

namespace RigKafka.Tests.Compose;

/// <summary>No engine runs in the tests, so what can be known without one is checked: names, ports and values against the settings.</summary>
internal sealed partial class ComposeFileTests
{
    private const string Kafka = "kafka";
    private const string Producer = "producer";
    private const string ProduceService = "produce-service";

    private static readonly string[] Monitoring = ["prometheus", "grafana"];

    private static readonly ComposeFile File = ComposeFile.Read();
    private static readonly IReadOnlyList<Setting> Settings = TestSettings.Of([]).Settings;

    /// <summary>What one broker on its own needs; the image takes every property of a broker as a variable, and none of its defaults once there is one.</summary>
    private static readonly string[] KafkaVariables =
    [
        "KAFKA_NODE_ID",
        "KAFKA_PROCESS_ROLES",
        "KAFKA_LISTENERS",
        "KAFKA_ADVERTISED_LISTENERS",
        "KAFKA_CONTROLLER_LISTENER_NAMES",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
        "KAFKA_CONTROLLER_QUORUM_VOTERS",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE",
    ];

    private static IEnumerable<string> Gateways => File.Services.Keys.Where(name => name.StartsWith("gateway", StringComparison.Ordinal));

    [Test]
    public void Services_AreKafkaTwoGatewaysAndTwoBackEnds_AndMonitoringForThoseWhoAskForIt()
    {
        Assert.That(File.Services.Keys, Is.EquivalentTo([Kafka, "gateway-1", "gateway-2", Producer, ProduceService, .. Monitoring]));
        Assert.That(File.Services.Where(service => service.Value.Profiles.Count > 0).Select(service => service.Key), Is.EquivalentTo(Monitoring));
    }

    [TestCaseSource(nameof(Monitoring))]
    public void Monitoring_FindsItsFiles_AndOnlyTheHostReachesIt(string service)
    {
        var files = File.Services[service].Volumes.Select(volume => Path.Combine(RepositoryFiles.Root, "compose", volume.Split(':')[0]));
        Assert.That(files, Is.Not.Empty.And.All.Matches<string>(Path.Exists));
        Assert.That(File.Services[service].Ports, Has.All.StartsWith("127.0.0.1:"));
    }

    [TestCaseSource(nameof(Gateways))]
    public void Gateway_Environment_IsMadeOfSettingsAndTheirValuesAreTaken(string gateway)
    {
        var environment = Environment(gateway);
        Assert.That(environment.Keys, Is.SubsetOf(Settings.Select(setting => setting.Name)));
        Assert.That(TestSettings.Of(environment).Mistakes, Is.Empty);
    }

    [TestCaseSource(nameof(Gateways))]
    public void Gateway_Ports_AreThoseItListensOn_AndOnlyTheHostReachesTheApi(string gateway)
    {
        var ports = File.Services[gateway].Ports.Select(port => port.Split(':')).ToList();
        Assert.That(ports.Select(port => port[^1]), Is.EquivalentTo([Default("INBOUND_PORT"), Default("API_PORT")]));
        Assert.That(ports.Single(port => port[^1] == Default("API_PORT"))[0], Is.EqualTo("127.0.0.1"));
    }

    [Test]
    public void Gateways_PortsOfTheHost_AreDifferent_AndNoneIsOneForTls()
    {
        var ports = Gateways.SelectMany(gateway => File.Services[gateway].Ports).Select(port => port.Split(':')[^2]).ToList();
        Assert.That(ports, Is.Unique);
        Assert.That(ports, Has.No.Member(Default("INBOUND_HTTPS_PORT")).And.No.Member(Default("API_HTTPS_PORT")));
    }

    [TestCaseSource(nameof(Gateways))]
    public void Gateway_GraceToStop_IsLongerThanStoppingMayTake(string gateway)
    {
        var grace = File.Services[gateway].StopGracePeriod;
        Assert.That(grace, Does.EndWith("s"));
        Assert.That(1_000 * int.Parse(grace[..^1], CultureInfo.InvariantCulture), Is.GreaterThan(int.Parse(Default("SHUTDOWN_TIMEOUT_MS"), CultureInfo.InvariantCulture)));
    }

    [TestCase("gateway-1", Dockerfile.OfGateway)]
    [TestCase("gateway-2", Dockerfile.OfGateway)]
    [TestCase(ProduceService, Dockerfile.OfProduceService)]
    public void Service_IsBuiltFromItsDockerfile(string service, string dockerfile)
    {
        var build = File.Services[service].Build;
        var context = Path.Combine(RepositoryFiles.Root, Path.GetDirectoryName(ComposeFile.Path)!, build["context"]);
        Assert.That(Path.GetFullPath(Path.Combine(context, build["dockerfile"])), Is.EqualTo(Path.Combine(RepositoryFiles.Root, dockerfile)));
    }

    /// <summary>The page takes the ports of the node for those that a browser reaches.</summary>
    [Test]
    public void Demo_IsOnAGatewayWhosePortsTheHostHasToo()
    {
        var demo = Gateways.Single(gateway => Environment(gateway).ContainsKey("DEMO_ENABLED"));
        Assert.That(File.Services[demo].Ports.Select(port => port.Split(':')), Is.All.Matches<string[]>(port => port?[^2] == port?[^1]));
    }

    [Test]
    public void ProduceService_IsFoundByTheGateways_AndFindsThemAndKafka()
    {
        var environment = Environment(ProduceService);
        var gateway = new Uri(environment["GATEWAY_API"]);
        Assert.That(Gateways, Does.Contain(gateway.Host));
        Assert.That($"{gateway.Port}", Is.EqualTo(Default("API_PORT")));
        Assert.That(environment["SERVICE_HOST"], Is.EqualTo(ProduceService));
        Assert.That(environment["KAFKA_HOSTS"], Is.EqualTo(Environment(gateway.Host)["KAFKA_HOSTS"]));
        Assert.That(environment["ASPNETCORE_URLS"], Does.EndWith($":{new Dockerfile(Dockerfile.OfProduceService).Instructions.Single(line => line.Word == "EXPOSE").Arguments.Single()}"));
    }

    [Test]
    public void Services_WaitForServicesThatExist_AndOnlyThoseWithAHealthcheckForHealth()
    {
        foreach (var (name, service) in File.Services)
        {
            var waits = service.DependsOn switch
            {
                IDictionary<object, object> conditions => conditions.ToDictionary(pair => (string)pair.Key, pair => (string)((IDictionary<object, object>)pair.Value)["condition"]),
                IEnumerable<object> names => names.ToDictionary(other => (string)other, _ => "service_started"),
                _ => [],
            };
            Assert.That(waits.Keys, Is.SubsetOf(File.Services.Keys), name);
            Assert.That(waits.Where(wait => wait.Value == "service_healthy" && File.Services[wait.Key].Healthcheck is null), Is.Empty, name);
        }
    }

    [Test]
    public void Kafka_Environment_HasWhatABrokerNeeds() => Assert.That(File.Services[Kafka].Environment.Keys, Is.EquivalentTo(KafkaVariables));

    [Test]
    public void Kafka_IsReachedWhereItSaysItIs()
    {
        var advertised = File.Services[Kafka].Environment["KAFKA_ADVERTISED_LISTENERS"].Split("://")[1];
        Assert.That(advertised, Does.StartWith($"{Kafka}:"));
        Assert.That(Gateways.Select(gateway => Environment(gateway)["KAFKA_HOSTS"]), Is.All.EqualTo(advertised));
        Assert.That(File.Services[Producer].Command[^1], Does.Contain($"--bootstrap-server {advertised} "));
        Assert.That(File.Services[Kafka].Environment["KAFKA_LISTENERS"], Does.Contain($"PLAINTEXT://:{advertised.Split(':')[1]},"));
    }

    [Test]
    public void Producer_WritesMessagesToTheSourceTopic_KeyedByUser()
    {
        var script = File.Services[Producer].Command[^1];
        Assert.That(script, Does.Contain($"--topic {Default("KAFKA_SOURCE_TOPICS")} "));
        var line = Printed().Match(script);
        var json = line.Groups["json"].Value.Replace("%s", "12:00:00", StringComparison.Ordinal);
        Assert.That(Message.TryParse(Encoding.UTF8.GetBytes(json), new MessageOptions().UserFieldUtf8, out var message), Is.EqualTo(MessageFault.None), json);
        Assert.That(message.User(), Is.EqualTo(line.Groups["key"].Value));
    }

    [Test]
    public void Images_AreNamedWithAVersion_OrBuiltHere() =>
        Assert.That(File.Services.Values.Where(service => service.Build.Count == 0).Select(service => service.Image), Is.All.Matches(@"^[a-z/]+:v?[0-9]+\.[0-9]+\.[0-9]+$"));

    /// <summary>With what a variable of the host stands for when it is not set.</summary>
    private static Dictionary<string, string> Environment(string service) =>
        File.Services[service].Environment.ToDictionary(pair => pair.Key, pair => Substituted().Replace(pair.Value, found => found.Groups["default"].Value));

    private static string Default(string name) => Settings.Single(setting => setting.Name == name).Default;

    [GeneratedRegex(@"\$\{[A-Z_]+:-(?<default>[^}]*)\}")]
    private static partial Regex Substituted();

    [GeneratedRegex(@"printf '(?<key>[a-z]+)\|(?<json>\{.*\})\\n' ")]
    private static partial Regex Printed();
}
