using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.Apis;
using RigKafka.Auth;
using RigKafka.Messages;
using RigKafka.RequestLog;

namespace RigKafka.Tests.RequestLog;

internal sealed class RequestLogTests
{
    private static readonly Identity Alice = new("s1", "alice", false, [], DateTimeOffset.MaxValue);

    [TestCase(true, "Information ProxyCall CALL: [get-x] GET /x/{id} => shop")]
    [TestCase(false, "Information ProxyCall UNAUTHENTICATED CALL: [get-x] GET /x/{id} => shop")]
    public async Task Console_GetsTheOriginalsLine(bool isSecured, string expected)
    {
        using var totals = new MetricTotals();
        var options = new RequestLogOptions { Sinks = ["console"] };
        var log = new RequestLogQueue(options, totals.Metrics, TimeProvider.System);
        var lines = new LogLines<RequestLogService>();
        using var service = new RequestLogService(log, options, totals.Metrics, lines);
        await service.StartAsync(default).Soon();
        log.Note(Context(), Route(isSecured), isSecured ? Alice : null);
        await service.StopAsync(default).Soon();
        Assert.That(lines.Lines, Is.EqualTo([expected]));
    }

    [Test]
    public void Record_HasTheFieldsOfTheOriginal_AndObjectsForDumps()
    {
        var entry = new RequestLogEntry(
            DateTimeOffset.FromUnixTimeSeconds(1_530_190_443),
            Route(true),
            "/x/ä",
            IPAddress.Parse("::ffff:1.2.3.4"),
            Alice);
        var json = JsonNode.Parse(entry.ToJson(Alice))!.AsObject();
        Assert.That(Guid.TryParse((string?)json["id"], out _), Is.True);
        json.Remove("id");
        Assert.That(json.ToJsonString(RelaxedJson.Options), Is.EqualTo(
            """{"username":"alice","jti":"s1","type":"PROXY_API_CALL","version":"1.0","timestamp":1530190443,"level":0,"payload":{"endpoint":{"id":"get-x"},"api_definition":{"id":"a"},"request_path":"/x/ä","remote_ip":"1.2.3.4"}}"""));
    }

    [Test]
    public void Log_ThatIsFull_DropsAndCounts_AndHoldsNobodyUp()
    {
        using var totals = new MetricTotals();
        var log = new RequestLogQueue(new RequestLogOptions { Sinks = ["console"] }, totals.Metrics, TimeProvider.System);
        for (var i = 0; i < 10_003; i++)
        {
            log.Note(Context(), Route(false), null);
        }

        Assert.That(totals["rig.request_log.dropped{}"], Is.EqualTo(3));
    }

    [Test]
    public void Options_WithAnUnknownSink_AreRefused()
        => Assert.That(
            new RequestLogOptions { Sinks = ["console", "syslog"] }.Validate(null!).Single().ErrorMessage,
            Is.EqualTo("REQUEST_LOG=syslog: expected console, kafka, or both with a comma between."));

    private static DefaultHttpContext Context()
        => new() { Connection = { RemoteIpAddress = IPAddress.Loopback }, Request = { Path = "/x/1" } };

    private static ApiRoute Route(bool isSecured)
    {
        var endpoint = new EndpointDefinition
        {
            Id = "get-x",
            Path = PathTemplate.TryParse("/x/{id}")!,
            Method = "GET",
            NotSecured = !isSecured,
            Json = Json("""{"id":"get-x"}"""),
        };
        var definition = new ApiDefinition
        {
            Id = "a",
            Auth = new AuthRule(true, "Authorization", false, ""),
            Endpoints = [endpoint],
            Target = new ApiTarget(false, "shop", 80, false),
            Json = Json("""{"id":"a"}"""),
        };
        return new ApiRoute(0, definition, endpoint, null);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
