using RigKafka.IntegrationTests.Kafka;

namespace RigKafka.IntegrationTests.Security;

/// <summary>One broker with a listener for each way to be safe on the wire.</summary>
internal sealed class SecureBroker : IAsyncDisposable
{
    public const string Password = "the right secret";

    private static readonly string[] Mechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

    private readonly KafkaCluster _cluster;
    private readonly IReadOnlyDictionary<string, int> _ports;

    private SecureBroker(KafkaCluster cluster, IReadOnlyDictionary<string, int> ports) => (_cluster, _ports) = (cluster, ports);

    /// <summary>The listener that asks for nothing.</summary>
    public string Plaintext => _cluster.Hosts;

    public static async Task<SecureBroker> Start(BrokerCertificates certificates)
    {
        (string Name, string Protocol)[] listeners = [("TLS", "SSL"), ("MUTUAL", "SSL"), ("LOGIN", "SASL_PLAINTEXT"), ("TLSLOGIN", "SASL_SSL")];
        var ports = listeners.Zip(KafkaCluster.FreePorts(listeners.Length)).ToDictionary(each => each.First.Name, each => each.Second);
        var addresses = "PLAINTEXT://127.0.0.1:{port}," + string.Join(',', ports.Select(port => $"{port.Key}://127.0.0.1:{port.Value}"));
        var overrides = new Dictionary<string, string>
        {
            ["listeners"] = addresses + ",CONTROLLER://127.0.0.1:{controller}",
            ["advertised.listeners"] = addresses,
            ["listener.security.protocol.map"] = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT," + string.Join(',', listeners.Select(listener => $"{listener.Name}:{listener.Protocol}")),
            ["ssl.keystore.type"] = "PEM",
            ["ssl.keystore.location"] = certificates.Broker,
            ["ssl.truststore.type"] = "PEM",
            ["ssl.truststore.location"] = certificates.Authorities,
            ["listener.name.mutual.ssl.client.auth"] = "required",
            ["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            ["allow.everyone.if.no.acl.found"] = "true",
            ["super.users"] = "User:ANONYMOUS",
        };
        foreach (var listener in new[] { "login", "tlslogin" })
        {
            overrides[$"listener.name.{listener}.sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512";
            overrides[$"listener.name.{listener}.plain.sasl.jaas.config"] = $"org.apache.kafka.common.security.plain.PlainLoginModule required user_rig=\"{Password}\";";
            foreach (var mechanism in Mechanisms)
            {
                overrides[$"listener.name.{listener}.{mechanism.ToLowerInvariant()}.sasl.jaas.config"] = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
            }
        }

        var users = Mechanisms.SelectMany(mechanism => new[] { "--add-scram", $"{mechanism}=[name=rig,password={Password}]" });
        return new SecureBroker(await TestKafka.StartCluster(overrides: overrides, format: [.. users]), ports);
    }

    /// <param name="listener">Which listener.</param>
    /// <param name="name">By which name to call it; its certificate is for the number only.</param>
    public string Host(string listener, string name = "127.0.0.1") => $"{name}:{_ports[listener]}";

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
