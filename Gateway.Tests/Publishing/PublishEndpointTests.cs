using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Messages;

namespace RigKafka.Tests.Publishing;

/// <summary>Content types, limits, and what the log and the host have to say.</summary>
internal sealed class PublishEndpointTests : PublishingFixture
{
    [TestCase("text/plain")]
    [TestCase("application/xml")]
    [TestCase("multipart/related; boundary=b")]
    [TestCase("text/json")]
    public async Task OtherContentType_Is415_AsJson(string contentType)
    {
        using var response = await Post("""{"user":"a"}""", contentType);
        await ExpectDetail(
            response,
            HttpStatusCode.UnsupportedMediaType,
            "Bad request: expected application/json, application/x-www-form-urlencoded or multipart/form-data as content type.");
        Assert.That(Log.Take(), Is.Empty);
    }

    [TestCase(null)]
    [TestCase("json")]
    [TestCase("application/")]
    public async Task NoContentType_IgnoresTheBody(string? contentType)
    {
        using var response = await Post("""{"user":"a"}""", contentType);
        await ExpectNoUser(response, "{}");
        using var withQuery = await Post("""{"user":"a"}""", contentType, "?user=q");
        Assert.That(withQuery.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo(["""{"user":"q"}"""]));
    }

    [Test]
    public async Task Size_UpToTheLimit_IsStored_BeyondIs413([Values] bool chunked, [Values("", "?q=1")] string query)
    {
        await using var app = await StartApp(new() { ["MESSAGE_MAX_BYTES"] = "2048" });
        var largest = Sized(query.Length == 0 ? 2048 : 2048 - "\"q\":\"1\",".Length);
        using var fits = await Post(app, largest, "application/json", query, chunked);
        Assert.That(fits.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take().Single(), Has.Length.EqualTo(2048));
        using var larger = await Post(app, largest.Replace("x", "xx", StringComparison.Ordinal), "application/json", query, chunked);
        await ExpectDetail(larger, HttpStatusCode.RequestEntityTooLarge, BodyTooLarge(2048));
        Assert.That(Log.Take(), Is.Empty);
    }

    [Test]
    public async Task UserField_IsASetting()
    {
        await using var app = await StartApp(new() { ["MESSAGE_USER_FIELD"] = "empfänger" });
        using var response = await Post(app, """{"empfänger":"alice"}""");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using var missing = await Post(app, """{"user":"alice"}""");
        await ExpectNoUser(missing, """{"user":"alice"}""", "empfänger");
    }

    [Test]
    public async Task TraceContext_IsTakenOver_AsItCame()
    {
        using var both = await Post("""{"user":"a"}""", headers: [("traceparent", "00-0af7-b7ad-01"), ("tracestate", "a=1,b=2")]);
        Assert.That(
            Log.Headers,
            Is.EqualTo(new KeyValuePair<string, string>[] { new("traceparent", "00-0af7-b7ad-01"), new("tracestate", "a=1,b=2") }));
        using var parent = await Post("""{"user":"a"}""", headers: [("traceparent", "anything")]);
        Assert.That(Log.Headers, Is.EqualTo(new KeyValuePair<string, string>[] { new("traceparent", "anything") }));
        using var state = await Post("""{"user":"a"}""", headers: [("tracestate", "a=1")]);
        Assert.That(Log.Headers, Is.Empty);
    }

    [TestCase(AppendOutcome.NotStored, "Not stored: the log cannot take the message now.")]
    [TestCase(AppendOutcome.Unknown, "Outcome unknown: the log may have the message; a repeated POST may deliver it twice.")]
    public async Task LogDoesNotSay_Stored_Is503_AndSaysWhich(object outcome, string detail)
    {
        Log.Outcome = (AppendOutcome)outcome;
        using var response = await Post("""{"user":"a"}""");
        await ExpectJson(response, HttpStatusCode.ServiceUnavailable, $$$"""{"errors":{"detail":"{{{detail}}}"}}""");
        Assert.That(response.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task LogSays_TooLarge_Is413()
    {
        Log.Outcome = AppendOutcome.TooLarge;
        using var response = await Post("""{"user":"a"}""");
        await ExpectDetail(response, HttpStatusCode.RequestEntityTooLarge, TooLarge(App.Services.GetRequiredService<MessageOptions>().MaxBytes));
        Assert.That(response.Headers.RetryAfter, Is.Null);
    }

    [Test]
    public async Task Stopping_TakesMessages_AndHasTheConnectionEnd()
    {
        // A request that is under way keeps the listeners open while the host stops.
        var content = new HoldingContent("""{"user":"a"}""");
        using var client = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = Limits.Hang }) { BaseAddress = App.Api.BaseAddress, Timeout = Limits.Hang };
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = content, Headers = { ExpectContinue = true } };
        var underWay = client.SendAsync(request);
        await content.Begun.Soon();
        App.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using var taken = await Post("""{"user":"b"}""");
        Assert.That((taken.StatusCode, taken.Headers.ConnectionClose), Is.EqualTo((HttpStatusCode.Accepted, (bool?)true)));
        content.Release();
        using var response = await underWay;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(Log.Take(), Is.EqualTo(["""{"user":"b"}""", """{"user":"a"}"""]));
    }

    [Test]
    public async Task Outcomes_AreCounted()
    {
        var outcomes = new List<string>();
        using var listener = new MeterListener();
        var meters = App.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "rig.messages.published" && instrument.Meter.Scope == meters)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => outcomes.Add((string)tags[0].Value!));
        listener.Start();
        using var stored = await Post("""{"user":"a"}""");
        using var invalid = await Post("{}");
        using var unsupported = await Post("", "text/plain");
        using var tooLarge = await Post(Sized(1_000_000));
        Log.Outcome = AppendOutcome.NotStored;
        using var notStored = await Post("""{"user":"a"}""");
        Log.Outcome = AppendOutcome.Unknown;
        using var unknown = await Post("""{"user":"a"}""");
        Assert.That(outcomes, Is.EqualTo(["stored", "invalid", "unsupported_type", "too_large", "not_stored", "unknown"]));
    }

    [Test]
    public async Task OtherMethod_Is404()
    {
        using var response = await App.Api.GetAsync(Path);
        await ExpectJson(response, HttpStatusCode.NotFound, """{"errors":{"detail":"Not found"}}""");
    }

    [Test]
    public async Task OnTheExternalPort_NothingIsPublished()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent("""{"user":"a"}""", Encoding.UTF8, "application/json") };
        request.Headers.Host = App.Api.BaseAddress!.Authority;
        using var response = await App.External.SendAsync(request);
        await ExpectBare(response, HttpStatusCode.NotFound, """{"message":"Route is not available"}""");
        Assert.That(Log.Take(), Is.Empty);
    }

    [Test]
    public async Task ClientThatBreaksOff_IsNoError([Values] bool reset)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(reset, 0) };
        await socket.ConnectAsync(App.Api.BaseAddress!.Host, App.Api.BaseAddress.Port).Soon();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n"));
        // The answer to the expectation says that the body is being read.
        Assert.That(await socket.ReceiveAsync(new byte[100]).Soon(), Is.Positive);
        socket.Close();
        // Stopping waits for the request, and the errors of its log are looked at by the clean-up.
        await App.StopAsync();
        Assert.That(Log.Take(), Is.Empty);
    }
}
