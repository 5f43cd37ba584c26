using System.Text.RegularExpressions;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;
using RigKafka.IntegrationTests.Sessions;

namespace RigKafka.IntegrationTests.Readme;

/// <summary>The commands of docs/operations/troubleshooting.md, as they are there, on a node that has the symptom.</summary>
internal sealed partial class TroubleshootingTests
{
    private static readonly string[] Sections = RepositoryFiles.Read("docs/operations/troubleshooting.md").Split("\n## ")[1..];

    private static readonly Dictionary<string, string?> WithoutABroker = new() { ["KAFKA_ENABLED"] = "true", ["KAFKA_HOSTS"] = "127.0.0.1:1", ["PUBLISH_TIMEOUT_MS"] = "1000" };

    private static readonly Dictionary<string, Symptom> Symptoms = new()
    {
        ["A client gets 401"] = new(Refuse, "reason=\"expired\"", "\"user\":\"alice\""),
        ["A stream ends at once"] = new(async node => await node.Listen("bob"), "{\"reason\":\"max_connections\",\"reconnect\":true}") { Settings = new() { ["MAX_CONNECTIONS"] = "1" } },
        ["Streams end every minute"] = new(ListenAndLeave, "reason=\"client_gone\""),
        ["Messages are late"] = new(ListenAndHear, "rig_log_lag", "rig_log_degraded", "rig_delivery_duration_seconds_sum", "rig_delivery_duration_seconds_count"),
        ["Events come in bursts"] = new(Nothing, "first byte after ") { NotShown = "first byte after 0.000000 s" },
        ["A user hears nothing"] = new(ListenAndHear, "\"online\":true", "\"jti\":\"session of alice\"", "outcome=\"stored\""),
        ["Clients are told of gaps"] = new(ComeBackFromNowhere, "reason=\"unknown_position\""),
        ["A POST gets 503"] = new(FindNoBroker, "Not stored: ", "\"status\":\"unready\"") { Settings = WithoutABroker },
        ["A call gets 421 or 403"] = new(Nothing, "200", "API_ALLOWED_HOSTS"),
        ["A node stays unready"] = new(FindNoBroker, "\"log\":{\"status\":\"unready\",\"trouble\":\"", "\"blacklist\":{\"status\":\"unready\"") { Settings = WithoutABroker },
        ["Too many open files"] = new(async node => await node.Listen("alice"), "rig_tcp_connections{", "peer=\"clients\""),
        ["A proxied call fails"] = new(CallNothing, "reason=\"no_route\"", "[]"),
        ["Memory grows"] = new(ListenAndHear, "rig_connections", "rig_history_size_bytes", "table=\"presence\"", "dotnet_process_memory_working_set_bytes"),
    };

    private static readonly (string Question, string[] Shown)[] Answers =
    [
        ("what is wrong, on any node?", ["\"self\":true", "\"state\":\"ready\""]),
        ("and on this one?", ["\"state\":\"ready\"", "\"troubles\":[]"]),
        ("what did it warn of lately?", ["\"event\":\"EmbeddedLogStarted\""]),
        ("why is this token refused?", ["\"accepted\":false", "\"word\":\"expired\"", "\nexpired: "]),
        ("who would hear this message?", ["\"here\":1", "\"everywhere\":1", "\"jti\":\"session of alice\""]),
        ("which definition takes this call?", ["\"api\":\"shop\"", "\"endpoint\":\"x\""]),
        ("is everything as it has to be, before I start a node?", ["ok Settings: none is wrong.", "ok Tokens may be signed with HS256, HS384, HS512."]),
    ];

    private static readonly Dictionary<string, string> Questions = Question().Matches(Sections.Single(section => section.StartsWith("One question", StringComparison.Ordinal)))
        .ToDictionary(row => row.Groups["question"].Value, row => row.Groups["commands"].Value);

    private static IEnumerable<string> Asked => Questions.Keys;

    private static IEnumerable<string> Headings => Sections.Where(section => Commands().IsMatch(section)).Select(section => section.Split('\n')[0]);

    [Test]
    public void EachSymptomOfThePage_IsCaused_AndNoOther() => Assert.That(Headings, Is.EquivalentTo(Symptoms.Keys));

    [TestCaseSource(nameof(Headings)), Platform(Include = "Linux,MacOsX", Reason = "The page is for a shell.")]
    public async Task Commands_OnANodeWithTheSymptom_ShowIt(string heading)
    {
        var symptom = Symptoms[heading];
        await using var node = await GatewayNode.Start(symptom.Settings, waitUntilReady: symptom.Settings != WithoutABroker);
        using var cause = await symptom.Cause(node);
        var commands = string.Concat(Commands().Matches(Sections.Single(section => section.StartsWith($"{heading}\n", StringComparison.Ordinal))).Select(block => block.Groups["commands"].Value))
            .Replace("localhost:4000", node.External.Authority, StringComparison.Ordinal)
            .Replace("localhost:4010", node.Api.Authority, StringComparison.Ordinal);

        await using var terminal = new Terminal(commands, new Dictionary<string, string> { ["token"] = Token.Of("alice") });

        var shown = await terminal.Ends(Limits.Hang);
        Assert.Multiple(() =>
        {
            Array.ForEach(symptom.Shown, each => Assert.That(shown, Does.Contain(each)));
            Assert.That(symptom.NotShown is { } text && shown.Contains(text, StringComparison.Ordinal), Is.False, symptom.NotShown);
        });
    }

    [Test]
    public void EachQuestionOfThePage_IsAsked_AndNoOther() => Assert.That(Asked, Is.EqualTo(Answers.Select(answer => answer.Question)));

    [TestCaseSource(nameof(Asked)), Platform(Include = "Linux,MacOsX", Reason = "The page is for a shell.")]
    public async Task Commands_OfAQuestion_AnswerIt(string question)
    {
        const string Shop = """[{"id":"shop","name":"shop","version_data":{"default":{"endpoints":[{"id":"x","path":"/x","method":"GET","not_secured":true}]}},"proxy":{"use_env":false,"target_url":"localhost","port":8000}}]""";
        await using var node = await GatewayNode.Start(new() { ["PROXY_CONFIG_FILE"] = Shop });
        using var alice = await ListenAndHear(node);
        var commands = Code().Matches(Questions[question])
            .Select(code => code.Groups["command"].Value.Replace("localhost:4010", node.Api.Authority, StringComparison.Ordinal)
                .Replace("Gateway.dll", Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), StringComparison.Ordinal)
                .Replace("token.txt", "<(printf %s \"$token\")", StringComparison.Ordinal));
        var environment = new Dictionary<string, string>
        {
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["INBOUND_PORT"] = "0",
            ["API_PORT"] = "0",
            ["token"] = Token.Signed("""{"user":"alice","roles":[],"exp":1,"jti":"expired"}"""),
        };

        await using var terminal = new Terminal(string.Join('\n', commands), environment);

        var shown = await terminal.Ends(Limits.Hang);
        Assert.That(Answers.Single(answer => answer.Question == question).Shown.Where(text => !shown.Contains(text, StringComparison.Ordinal)), Is.Empty, shown);
    }

    private static Task<IDisposable?> Nothing(GatewayNode node) => Task.FromResult<IDisposable?>(null);

    private static async Task<IDisposable?> FindNoBroker(GatewayNode node)
    {
        await Wait.Until(async () => await (await node.GetApi("/health/ready")).Content.ReadAsStringAsync() is var health && health.Contains("\"trouble\":\"", StringComparison.Ordinal), "it knows of its trouble");
        return null;
    }

    private static async Task<IDisposable?> Refuse(GatewayNode node)
    {
        await node.TryListenWith("alice", Token.Signed("""{"user":"alice","roles":[],"exp":1,"jti":"expired"}"""));
        return null;
    }

    private static async Task<IDisposable?> ListenAndLeave(GatewayNode node)
    {
        (await node.Listen("alice")).Dispose();
        await Wait.Until(() => node.Registry.Open == 0, "the node has noticed it");
        return null;
    }

    private static async Task<IDisposable?> ListenAndHear(GatewayNode node)
    {
        var stream = await node.Listen("alice");
        await node.Publish("""{"user":"alice"}""");
        await stream.Next("message");
        await Wait.Until(async () => await (await node.GetApi("/v1/users/alice")).Content.ReadAsStringAsync() is var user && user.Contains("true", StringComparison.Ordinal), "she is online");
        return stream;
    }

    private static async Task<IDisposable?> ComeBackFromNowhere(GatewayNode node)
    {
        var stream = await SseClient.Open(node.External, $"users[]=alice&lastEventId=nonsense&token={Token.Of("alice")}");
        await stream.Next(2);
        return stream;
    }

    private static async Task<IDisposable?> CallNothing(GatewayNode node) => await node.GetExternal("/nothing");

    [GeneratedRegex("^```bash\n(?<commands>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Commands();

    [GeneratedRegex(@"^\| (?<question>[^|]*\?) \| (?<commands>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Question();

    [GeneratedRegex("`(?<command>(?:curl|dotnet) [^`]*)`")]
    private static partial Regex Code();

    /// <param name="Cause">What brings it about; what it gives is kept until the end.</param>
    /// <param name="Shown">What the commands have to show.</param>
    private sealed record Symptom(Func<GatewayNode, Task<IDisposable?>> Cause, params string[] Shown)
    {
        public Dictionary<string, string?>? Settings { get; init; }

        /// <summary>What they show where the symptom is there.</summary>
        public string? NotShown { get; init; }
    }
}
