using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RigKafka.Apis;
using RigKafka.Log;
using RigKafka.Tests.Proxy;

namespace RigKafka.Tests.Apis;

internal sealed class DefinitionReaderTests
{
    private const string Minimal = """{"id":"a","version_data":{"default":{"endpoints":[{"path":"/x","method":"GET"}]}},"proxy":{"use_env":false,"target_url":"localhost","port":80}}""";

    private static readonly string[] EveryMistake =
    [
        "id: expected text, and it is missing.",
        "name: expected text without control characters.",
        "active: expected true or false.",
        "auth_type: expected none or jwt.",
        "versioned: expected false: there is one version of an API, version_data.default.",
        "version_data.default.transform_request_headers.add_headers.transfer-encoding: expected the name of a header that does not belong to the connection.",
        "version_data.default.transform_request_headers.add_headers.a b: expected the name of a header that does not belong to the connection.",
        "version_data.default.transform_request_headers.add_headers.x: expected text without control characters.",
        "version_data.default.endpoints[1]: expected an object.",
        "version_data.default.endpoints[0].path: expected text, and it is missing.",
        "version_data.default.endpoints[0].method: expected GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS.",
        "version_data.default.endpoints[0].not_secured: expected true or false.",
        "version_data.default.endpoints[0].response_timeout_ms: expected an integer from 1 to 3600000.",
        "version_data.default.endpoints[0].target: expected http or kafka.",
        "proxy.use_env: expected true or false, and it is missing.",
        "proxy.port: expected an integer from 1 to 65535.",
        "proxy.http_version: expected \"1.1\" or \"2\".",
    ];

    [Test]
    public void Read_OfTheLeast_FillsInTheRest()
    {
        var definition = Read(JsonNode.Parse(Minimal)!.AsObject(), out var mistakes)!;
        Assert.That(mistakes, Is.Empty);
        Assert.That(definition.Active, Is.True);
        Assert.That(definition.Auth, Is.Null);
        Assert.That(definition.Target!.Name, Is.EqualTo("localhost:80"));
        Assert.That(definition.Endpoints.Single().NotSecured, Is.False);
    }

    [Test]
    public void Read_SaysEverythingThatIsWrong()
    {
        const string Bad = """
            {"name":5,"active":"yes","auth_type":"basic","versioned":true,
             "version_data":{"default":{"transform_request_headers":{"add_headers":{"transfer-encoding":"chunked","a b":"c","x":7}},
               "endpoints":[{"method":"FETCH","not_secured":"no","response_timeout_ms":0,"target":"ftp"},7]}},
             "proxy":{"target_url":"localhost","port":70000,"http_version":"3"}}
            """;
        Assert.That(Read(JsonNode.Parse(Bad)!.AsObject(), out var mistakes), Is.Null);
        Assert.That(mistakes, Is.EqualTo(EveryMistake));
    }

    [TestCase("""{"version_data":null}""", "version_data: expected an object, and it is missing.")]
    [TestCase("""{"version_data":{}}""", "version_data.default: expected an object, and it is missing.")]
    [TestCase("""{"version_data":{"default":{}}}""", "version_data.default.endpoints: expected an array of objects, and it is missing.")]
    [TestCase("""{"version_data":{"default":{"endpoints":{}}}}""", "version_data.default.endpoints: expected an array of objects.")]
    [TestCase("""{"proxy":null}""", "proxy: expected an object, and it is missing.")]
    [TestCase(
        """{"proxy":{"use_env":false,"target_url":"http://h/path","port":1}}""",
        "proxy.target_url: expected a host, with http:// or https:// before it or not, without a port or a path.")]
    [TestCase(
        """{"proxy":{"use_env":false,"target_url":"h:8080","port":1}}""",
        "proxy.target_url: expected a host, with http:// or https:// before it or not, without a port or a path.")]
    [TestCase(
        """{"proxy":{"use_env":false,"target_url":"","port":1}}""",
        "proxy.target_url: expected a host, with http:// or https:// before it or not, without a port or a path.")]
    [TestCase(
        """{"proxy":{"use_env":true,"target_url":"a b","port":1}}""",
        "proxy.target_url: expected the name of an environment variable, since use_env is true.")]
    [TestCase("""{"proxy":{"use_env":false,"target_url":"h"}}""", "proxy.port: expected an integer from 1 to 65535, and it is missing.")]
    [TestCase("""{"id":"a/b"}""", "id: expected 1 to 200 characters without a slash.")]
    [TestCase(
        """{"auth_type":"jwt","auth":5}""",
        "auth: expected an object.",
        "auth: expected use_header or use_query to be true, or no token could be found.")]
    [TestCase("""{"auth_type":"jwt","auth":{"use_query":true}}""", "auth.query_name: expected the name of a parameter.")]
    [TestCase(
        """{"version_data":{"default":{"endpoints":[{"path":"/x","method":"GET","transform_request_headers":true}]}}}""",
        "version_data.default.endpoints[0].transform_request_headers: expected version_data.default.transform_request_headers.add_headers to say which, since it is true.")]
    [TestCase(
        """{"version_data":{"default":{"endpoints":[{"path":"/socket/sse","method":"GET"}]}}}""",
        "version_data.default.endpoints[0].path: expected a path outside /socket, which is the gateway's own.")]
    [TestCase(
        """{"version_data":{"default":{"endpoints":[{"path":"/x","method":"POST","target":"kafka","topic":"t"}]}}}""",
        "version_data.default.endpoints[0].target: expected http, since KAFKA_ENABLED is false.")]
    public void Read_OfOneMistake_SaysWhere(string change, params string[] expected)
    {
        var json = JsonNode.Parse(Minimal)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            json[name] = value?.DeepClone();
        }

        Assert.That(Read(json, out var mistakes), Is.Null);
        Assert.That(mistakes, Is.EqualTo(expected));
    }

    [TestCase(
        """{"path":"/x","method":"GET","target":"kafka"}""",
        "method: expected POST, PUT or PATCH, since the body becomes a record.",
        "topic: expected text, and it is missing.")]
    [TestCase(
        """{"path":"/x","method":"POST","target":"kafka","topic":"a b"}""",
        "topic: expected a name of 1 to 249 letters, digits, dots, hyphens and underscores.")]
    [TestCase("""{"path":"/x","method":"POST","target":"kafka","topic":"t","key":{}}""", "key: expected one of value, header and claim.")]
    [TestCase(
        """{"path":"/x","method":"POST","target":"kafka","topic":"t","headers":{"h":{"value":"a","claim":"b"}}}""",
        "headers.h: expected one of value, header and claim.")]
    [TestCase("""{"path":"/x","method":"POST","target":"kafka","topic":"t","key":{"claim":"sub"},"headers":{"h":{"value":"a"}}}""")]
    public void Read_OfACallToKafka_NeedsNoProxy(string endpoint, params string[] expected)
    {
        var json = JsonNode.Parse(Minimal)!.AsObject();
        json.Remove("proxy");
        json["version_data"]!["default"]!["endpoints"] = new JsonArray(JsonNode.Parse(endpoint));
        Read(json, out var mistakes, kafka: true);
        Assert.That(mistakes, Is.EqualTo(expected.Select(mistake => "version_data.default.endpoints[0]." + mistake)));
    }

    [Test]
    public void Complete_OfJwt_ForcesTheHeader_AndKeepsTheQuery()
    {
        var json = JsonNode.Parse("""{"auth_type":"jwt","auth":{"use_header":false,"header_name":"x","use_query":true,"query_name":"token"}}""")!.AsObject();
        var auth = new DefinitionDefaults(TimeProvider.System).Complete(json)["auth"]!;
        Assert.That(
            auth.ToJsonString(),
            Is.EqualTo("""{"use_header":true,"header_name":"Authorization","use_query":true,"query_name":"token"}"""));
    }

    [TestCase("""{"a":1,"a":2}""")]
    [TestCase("""{"a":"\ud800"}""")]
    [TestCase("""{"\ud800":1}""")]
    [TestCase("""{"a":""")]
    [TestCase("")]
    public void TryParse_OfWhatTwoReadersCouldReadDifferently_SaysWhy(string json)
    {
        Assert.That(DefinitionJson.TryParse(System.Text.Encoding.UTF8.GetBytes(json), out var why), Is.Null);
        Assert.That(why, Is.Not.Empty);
    }

    [TestCase("127.0.0.1", 4010, true)]
    [TestCase("127.9.8.7", 4011, true)]
    [TestCase("http://LOCALHOST", 4010, true)]
    [TestCase("https://a.localhost", 4011, true)]
    [TestCase("[::1]", 4010, true)]
    [TestCase("[::ffff:127.0.0.1]", 4010, true)]
    [TestCase("0.0.0.0", 4010, true)]
    [TestCase("http://127.1", 4010, true)]
    [TestCase("INTERFACE", 4010, true)]
    [TestCase("127.0.0.1", 4012, false)]
    [TestCase("192.0.2.1", 4010, false)]
    [TestCase("shop", 4010, false)]
    [TestCase("shop.example", 4010, false)]
    public void Read_OfOneToBeWritten_RefusesTheOwnApi_WhereItStandsThere(string host, int port, bool refused)
    {
        var own = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(device => device.GetIPProperties().UnicastAddresses)
            .Select(found => found.Address)
            .First(address => address.AddressFamily == AddressFamily.InterNetwork);
        var json = Aimed(useEnv: false, host.Replace("INTERFACE", own.ToString(), StringComparison.Ordinal), port);
        Read(json, out var mistakes, isWritten: true);
        Assert.That(
            mistakes,
            refused ? Is.EqualTo(["proxy.port: expected another port: on this machine it is that of the gateway's own API."]) : Is.Empty);

        Assert.That(Read(json, out _), Is.Not.Null, "one that is in the table already can be taken out");
        Assert.That(Read(json.With("active", false), out _, isWritten: true), Is.Not.Null);
    }

    [TestCase("JWT_SECRET_KEY", true)]
    [TestCase("Jwt_Secret_Key", true)]
    [TestCase("DOTNET_JWT_SECRET_KEY", true)]
    [TestCase("KAFKA_CLIENT_SASL_PASSWORD", true)]
    [TestCase("KAFKA_CLIENT_ANY", true)]
    [TestCase("OTEL_EXPORTER_OTLP_HEADERS", true)]
    [TestCase("DEMO_ENABLED", true)]
    [TestCase("SHOP_HOST", false)]
    [TestCase("KAFKA_CLIENT_SERVICE_HOST", false)]
    [TestCase("OTEL_COLLECTOR_PORT_4317_TCP_ADDR", false)]
    public void Read_OfOneToBeWritten_RefusesSettings(string variable, bool refused)
    {
        Read(Aimed(useEnv: true, variable, 80), out var mistakes, isWritten: true);
        Assert.That(
            mistakes,
            refused ? Is.EqualTo(["proxy.target_url: expected a variable that is no setting of the gateway."]) : Is.Empty);
    }

    private static JsonObject Aimed(bool useEnv, string url, int port)
    {
        var json = JsonNode.Parse(Minimal)!.AsObject();
        json["proxy"] = new JsonObject { ["use_env"] = useEnv, ["target_url"] = url, ["port"] = port };
        return json;
    }

    private static ApiDefinition? Read(JsonObject json, out List<string> mistakes, bool kafka = false, bool isWritten = false)
    {
        mistakes = [];
        return new DefinitionReader(new EndpointReader(new LogOptions { KafkaEnabled = kafka }), [4010, 4011]).Read(
            DefinitionJson.ToElement(json),
            mistakes,
            isWritten: isWritten);
    }
}
