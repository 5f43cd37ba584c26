using System.Diagnostics;
using Confluent.Kafka.Admin;
using NUnit.Framework;
using RigKafka.IntegrationTests.Kafka;
using RigKafka.Kafka;
using RigKafka.Log;

namespace RigKafka.IntegrationTests.Security;

/// <summary>TLS and SASL against the listeners of a real broker.</summary>
internal sealed class SecureBrokerTests
{
    private const string Wrong = "a wrong secret";

    private BrokerCertificates _certificates = null!;
    private SecureBroker _broker = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _certificates = new BrokerCertificates();
        _broker = await SecureBroker.Start(_certificates);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        _certificates?.Dispose();
    }

    [TestCase("TLS", "ssl", "")]
    [TestCase("MUTUAL", "ssl", "", true)]
    [TestCase("LOGIN", "sasl_plaintext", "PLAIN")]
    [TestCase("LOGIN", "sasl_plaintext", "SCRAM-SHA-256")]
    [TestCase("LOGIN", "sasl_plaintext", "SCRAM-SHA-512")]
    [TestCase("TLSLOGIN", "sasl_ssl", "PLAIN")]
    [TestCase("TLSLOGIN", "sasl_ssl", "SCRAM-SHA-256")]
    [TestCase("TLSLOGIN", "sasl_ssl", "SCRAM-SHA-512")]
    public async Task RightCredentials_LetAMessageGoRound(string listener, string protocol, string mechanism, bool withCertificate = false)
    {
        var options = Options(_broker.Host(listener), protocol, mechanism, withCertificate);
        var lines = new LogLines();
        using var log = New(options, lines);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();

        Assert.That(await log.Append(TestMessage.Of("alice", 1), TestMessage.NoHeaders).Soon(), Is.EqualTo(AppendOutcome.Stored));

        Assert.That(await reader.NextText(), Is.EqualTo(TestMessage.Text("alice", 1)));
        Assert.That(() => log.Health, Is.EqualTo(new LogHealth(true, null)).After(Limits.HangSeconds).Seconds.PollEvery(20));
    }

    [Test]
    public async Task TopicWhoseLimitMayNotBeAskedFor_IsWarnedOfOnce_AndRead()
    {
        using var topics = new TestTopics(_broker.Plaintext);
        var topic = await topics.Create(partitions: 1);
        await topics.Forbid(topic, "rig", AclOperation.DescribeConfigs);
        var options = Options(_broker.Host("LOGIN"), "sasl_plaintext", "PLAIN");
        (options.SourceTopics, options.MetadataRefreshMs) = ([topic], 200);
        var lines = new LogLines();
        using var log = New(options, lines);
        await using var reader = new RecordingReader(log);
        await reader.NextPlacement();

        Assert.That(() => lines.Of("TopicLimitUnknown").FirstOrDefault(), Does.Contain(topic).And.Contain("DescribeConfigs").After(Limits.HangSeconds).Seconds.PollEvery(50));
        await topics.Write(topic, 0, "one");
        Assert.That(await reader.NextText(), Is.EqualTo("one"));
        // It has looked again by the time that it finds these.
        await topics.AddPartitions(topic, total: 2);
        await reader.NextPlacement();
        Assert.That(lines.Of("TopicLimitUnknown").Count(), Is.EqualTo(1));
    }

    [TestCase(AclOperation.Read, "Topic {0}: expected the right Read.")]
    [TestCase(AclOperation.Write, "Topic {0}: expected the right Write.")]
    [TestCase(AclOperation.DescribeConfigs, "Topic {0}: expected the right DescribeConfigs, to see whether its limits fit.")]
    public async Task RightThatIsMissing_IsNamedByTheCheck(AclOperation operation, string expected)
    {
        using var topics = new TestTopics(_broker.Plaintext);
        var topic = await topics.Create(partitions: 1);
        await topics.Forbid(topic, "rig", operation);
        var options = Options(_broker.Host("LOGIN"), "sasl_plaintext", "PLAIN");
        options.SourceTopics = [topic];

        // A broker hears of a rule a moment later.
        await Wait.Until(async () => (await Check(options)).Contains((false, string.Format(null, expected, topic))), "the right is missed");
    }

    [Test]
    public async Task WrongPassword_IsNamedByTheCheck_ThatEnds()
    {
        var options = Options(_broker.Host("LOGIN"), "sasl_plaintext", "PLAIN");
        options.SaslPassword = Wrong;

        var (isOk, text) = (await Check(options)).Single();

        Assert.That(isOk, Is.False);
        Assert.That(text, Does.StartWith("Kafka is out of reach: ").And.Contain("Authentication failed").And.Not.Contain(Wrong).And.Not.Contain("\n"));
    }

    [TestCase("LOGIN", "PLAIN")]
    [TestCase("LOGIN", "SCRAM-SHA-256")]
    [TestCase("TLSLOGIN", "SCRAM-SHA-512")]
    public Task WrongPassword_IsNamed(string listener, string mechanism)
    {
        var options = Options(_broker.Host(listener), listener == "LOGIN" ? "sasl_plaintext" : "sasl_ssl", mechanism);
        options.SaslPassword = Wrong;
        return AssertIsNamed(options, "Authentication failed");
    }

    [Test]
    public Task UnknownAuthority_IsNamed()
    {
        var options = Options(_broker.Host("TLS"), "ssl");
        options.SslCaLocation = _certificates.Strangers;
        return AssertIsNamed(options, "certificate verify failed");
    }

    [Test]
    public Task CertificateForAnotherName_IsNamed() => AssertIsNamed(Options(_broker.Host("TLS", "localhost"), "ssl"), "certificate verify failed");

    [Test]
    public Task MissingClientCertificate_IsNamed() => AssertIsNamed(Options(_broker.Host("MUTUAL"), "ssl"), "alert bad certificate");

    [Test]
    public Task TlsWhereTheBrokerHasNone_IsNamed() => AssertIsNamed(Options(_broker.Plaintext, "ssl"), "in state SSL_HANDSHAKE");

    [Test]
    public Task NoTlsWhereTheBrokerHasIt_IsNamed() => AssertIsNamed(Options(_broker.Host("TLS"), "plaintext"), "KAFKA_SECURITY_PROTOCOL");

    [Test]
    public Task NoLoginWhereTheBrokerWantsOne_IsNamed() => AssertIsNamed(Options(_broker.Host("LOGIN"), "plaintext"), "KAFKA_SECURITY_PROTOCOL");

    private static async Task AssertIsNamed(KafkaOptions options, string cause)
    {
        var lines = new LogLines();
        using var log = New(options, lines);
        await using var reader = new RecordingReader(log);
        var since = Stopwatch.GetTimestamp();

        // The library has more than one word for some of them, and says now this one, now that.
        string? trouble = null;
        Assert.That(() => trouble = log.Health.Trouble, Does.StartWith("Kafka is out of reach: ").And.Contain(cause).After(Limits.HangSeconds).Seconds.PollEvery(50));
        var outcome = await log.Append(TestMessage.Of("alice", 1), TestMessage.NoHeaders).Soon();

        TestContext.Out.WriteLine(trouble);
        Assert.That(outcome, Is.EqualTo(AppendOutcome.NotStored));
        Assert.That(log.Health.Ready, Is.False);
        Assert.That(trouble, Does.StartWith("Kafka is out of reach: ").And.Contain(cause).And.Not.Contain("\n"));
        var said = lines.Of("KafkaTrouble").ToArray();
        Assert.That(said, Has.Some.Contains(cause));
        Assert.That(said, Has.Length.LessThanOrEqualTo(2 + (int)(Stopwatch.GetElapsedTime(since).TotalSeconds / 5)), "said now and then");
        Assert.That(lines.Texts, Has.None.Contains(Wrong).And.None.Contains(SecureBroker.Password).And.None.Contains(BrokerCertificates.KeyPassword));
        Assert.That(reader.Reading.IsCompleted, Is.False, "it goes on trying");
    }

    private KafkaOptions Options(string host, string protocol, string mechanism = "", bool withCertificate = false) => new()
    {
        Hosts = [host],
        SourceTopics = ["rig"],
        Partitions = 1,
        SecurityProtocol = protocol,
        SaslMechanism = mechanism,
        SaslUsername = mechanism.Length > 0 ? "rig" : "",
        SaslPassword = mechanism.Length > 0 ? SecureBroker.Password : "",
        SslCaLocation = protocol.EndsWith("ssl", StringComparison.Ordinal) ? _certificates.Authorities : "",
        SslCertificateLocation = withCertificate ? _certificates.Client : "",
        SslKeyLocation = withCertificate ? _certificates.ClientKey : "",
        SslKeyPassword = withCertificate ? BrokerCertificates.KeyPassword : "",
    };

    private static async Task<IReadOnlyList<(bool IsOk, string Text)>> Check(KafkaOptions options)
    {
        var found = new List<(bool, string)>();
        await foreach (var result in new KafkaCheck(TestClients.Of(options), [], []).Look(CancellationToken.None))
        {
            found.Add((result.IsOk, result.Text));
        }

        return found;
    }

    private static KafkaLog New(KafkaOptions options, LogLines lines)
    {
        Assert.That(KafkaSecurity.Mistakes(options), Is.Empty);
        return new KafkaLog(TestClients.Of(options, new LogOptions { PublishTimeoutMs = 1_000 }, lines.Factory()));
    }
}
