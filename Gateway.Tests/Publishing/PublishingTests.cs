using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Publishing;
using RigKafka.Telemetry;
using RigKafka.Tests.Listeners;

namespace RigKafka.Tests.Publishing;

/// <summary><c>POST /v1/messages</c> over a real connection, the log replaced by one that records.</summary>
internal sealed class PublishingTests
{
    private const string Path = "/v1/messages";
    private const string Queued = "message queued for transport";
    private const string BadRequestJson = """{"errors":{"detail":"Bad request"}}""";

    private readonly RecordingLog _log = new();
    private TestApp _app = null!;

    [SetUp]
    public async Task Start()
    {
        _log.Outcome = AppendOutcome.Stored;
        _log.Take();
        _app = await StartApp([]);
    }

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("application/json")]
    [TestCase("application/json; charset=utf-8")]
    [TestCase("application/json;charset=iso-8859-1")]
    [TestCase("Application/JSON")]
    [TestCase("application/vnd.api+json")]
    public async Task Json_IsStored_ByteForByte(string contentType)
    {
        const string Message = """{ "user" : "alice", "text": "Grüße 😀 \u00e9", "n": 1.0, "a":[1,{"b":null}] }""";
        using var response = await Post(Message, contentType);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(Queued));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
        Assert.That(_log.Take(), Is.EqualTo([Message]));
        Assert.That(_log.User, Is.EqualTo("alice"));
        Assert.That(_log.Headers, Is.Empty);
    }

    [TestCase("""{"user":5}""", "5")]
    [TestCase("""{"user":null}""", "")]
    [TestCase("""{"user":true}""", "true")]
    [TestCase("""{"user":"a","_method":"DELETE"}""", "a")]
    public async Task Json_AnyScalarUser_IsStored(string message, string user)
    {
        using var response = await Post(message);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(_log.Take(), Is.EqualTo([message]));
        Assert.That(_log.User, Is.EqualTo(user));
    }

    [Test]
    public async Task Json_OverSeveralLines_IsStored_AsOne()
    {
        using var response = await Post("{\r\n\"user\":\"a\"\n}");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(_log.Take(), Is.EqualTo(["""{  "user":"a" }"""]));
    }

    [Test]
    public async Task Json_Chunked_IsStored()
    {
        var message = $$"""{"user":"a","text":"{{new string('x', 100_000)}}"}""";
        using var response = await Post(message, "application/json", chunked: true);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(_log.Take(), Is.EqualTo([message]));
    }

    [TestCase("", "{}")]
    [TestCase("{}", "{}")]
    [TestCase("""{"foo":"bar"}""", """{"foo":"bar"}""")]
    [TestCase("""["user"]""", """{"_json":["user"]}""")]
    [TestCase("\"user\"", """{"_json":"user"}""")]
    [TestCase("null", """{"_json":null}""")]
    public async Task Json_WithoutAUser_Is400_WithADump(string body, string dump)
    {
        using var response = await Post(body);
        await ExpectNoUser(response, dump);
    }

    [Test]
    public async Task Dump_IsCut_AtAThousandCharacters()
    {
        using var response = await Post($$"""{"x":"{{new string('é', 2000)}}"}""");
        await ExpectNoUser(response, $$"""{"x":"{{new string('é', 994)}}…""");
    }

    [TestCase("""{"user":{"name":"a"}}""", "Bad request")]
    [TestCase("""{"user":["a"]}""", "Bad request")]
    [TestCase("""{"user":"\ud800"}""", "Bad request")]
    [TestCase("""{"user":"a","user":"b"}""", "Bad request: field \"user\" stands there more than once.")]
    public async Task Json_WithAUserThatIsNone_Is400(string body, string text)
    {
        using var response = await Post(body);
        await ExpectBare(response, HttpStatusCode.BadRequest, text);
        Assert.That(_log.Take(), Is.Empty);
    }

    [Test]
    public async Task Json_NestedTooDeep_Is400()
    {
        using var response = await Post("{\"user\":\"a\",\"x\":" + string.Concat(Enumerable.Repeat("{\"x\":", 64)) + "1" + new string('}', 65));
        await ExpectBare(response, HttpStatusCode.BadRequest, "Bad request: nested deeper than 64 levels.");
    }

    [TestCase("{\"user\":\"a\"")]
    [TestCase("  ")]
    [TestCase("{\"user\":\"a\"} x")]
    [TestCase("{\"user\":\"a\nb\"}")]
    [TestCase("user=a")]
    public async Task Json_Malformed_Is400_AsJson(string body)
    {
        using var response = await Post(body);
        await ExpectJson(response, HttpStatusCode.BadRequest, BadRequestJson);
        using var withQuery = await Post(body, query: "?b=1");
        await ExpectJson(withQuery, HttpStatusCode.BadRequest, BadRequestJson);
        Assert.That(_log.Take(), Is.Empty);
    }

    [Test]
    public async Task Json_InvalidUtf8_Is400_AsJson()
    {
        using var response = await Post([.. "{\"user\":\"a"u8, 0xff, .. "\"}"u8], "application/json");
        await ExpectJson(response, HttpStatusCode.BadRequest, BadRequestJson);
    }

    [TestCase("?a=1&a=2", """{"user":"u"}""", """{"a":"2","user":"u"}""")]
    [TestCase("?a[]=x&a[]=y", """{"user":"u"}""", """{"a":["x","y"],"user":"u"}""")]
    [TestCase("?a%5Bk%5D=v", """{"user":"u"}""", """{"a":{"k":"v"},"user":"u"}""")]
    [TestCase("?a", """{"user":"u"}""", """{"a":null,"user":"u"}""")]
    [TestCase("?user=q&b=q", """{"user":"u", "b":1 }""", """{"user":"u", "b":1 }""")]
    [TestCase("?user=q", """{"b":1}""", """{"user":"q","b":1}""")]
    [TestCase("?user=q", "{ }", """{"user":"q" }""")]
    [TestCase("?user=q", "", """{"user":"q"}""")]
    [TestCase("?user=q&_json=1", "[1, 2]", """{"user":"q","_json":[1, 2]}""")]
    [TestCase("?b=1&c=2", """{"\u0062":2,"user":"u"}""", """{"c":"2","\u0062":2,"user":"u"}""")]
    [TestCase("?e=%F0%9F%98%80+%2B", """{"user":"u"}""", """{"e":"😀 +","user":"u"}""")]
    [TestCase("?", """{"user":"u"}""", """{"user":"u"}""")]
    public async Task Json_WithQuery_IsStored_WithBoth_TheBodyWins(string query, string body, string stored)
    {
        using var response = await Post(body, query: query);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(_log.Take(), Is.EqualTo([stored]));
    }

    [TestCase("?user=%zz")]
    [TestCase("?user=%ff")]
    public async Task Query_Malformed_Is400_AsJson(string query)
    {
        using var response = await Post("""{"user":"u"}""", query: query);
        await ExpectJson(response, HttpStatusCode.BadRequest, BadRequestJson);
    }

    [TestCase("user=alice&text=a+b%26c&n=1", "", """{"user":"alice","text":"a b&c","n":"1"}""")]
    [TestCase("user=alice", "?user=bob&x=1", """{"x":"1","user":"alice"}""")]
    [TestCase("user=alice&tags[]=a&tags[]=b&o[p][q]=1&o[p][r]=2", "", """{"user":"alice","tags":["a","b"],"o":{"p":{"q":"1","r":"2"}}}""")]
    [TestCase("user", "", """{"user":null}""")]
    public async Task Form_IsStored_AsJson(string body, string query, string stored)
    {
        using var response = await Post(body, "application/x-www-form-urlencoded", query);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(_log.Take(), Is.EqualTo([stored]));
    }

    [TestCase("user[]=alice", "Bad request")]
    [TestCase("user[name]=alice", "Bad request")]
    public async Task Form_WithAUserThatIsNone_Is400(string body, string text)
    {
        using var response = await Post(body, "application/x-www-form-urlencoded");
        await ExpectBare(response, HttpStatusCode.BadRequest, text);
    }

    [Test]
    public async Task Form_WithoutAUser_Is400_WithADump()
    {
        using var response = await Post("foo=bar", "application/x-www-form-urlencoded");
        await ExpectNoUser(response, """{"foo":"bar"}""");
    }

    [TestCase("form-data")]
    [TestCase("mixed")]
    public async Task Multipart_IsStored_AsJson(string subType)
    {
        const string Body = "--b\r\ncontent-disposition: form-data; name=\"user\"\r\n\r\nalice\r\n"
            + "--b\r\ncontent-disposition: form-data; name=\"tags[]\"\r\n\r\nGrüße\r\n"
            + "--b\r\ncontent-type: text/plain\r\n\r\nnameless\r\n"
            + "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
        using var response = await Post(Body, $"multipart/{subType}; boundary=b");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(_log.Take(), Is.EqualTo(["""{"user":"alice","tags":["Grüße"]}"""]));
    }

    [TestCase("multipart/form-data", "--b--")]
    [TestCase("multipart/form-data; boundary=b", "")]
    [TestCase("multipart/form-data; boundary=b", "--b\r\ncontent-disposition: form-data; name=\"user\"\r\n\r\nalice")]
    [TestCase("multipart/form-data; boundary=b", "--b\r\ncontent-disposition: form-data; name=\"user\"; filename=\"a.txt\"\r\n\r\nalice\r\n--b--\r\n")]
    public async Task Multipart_Malformed_OrWithAFile_Is400_AsJson(string contentType, string body)
    {
        using var response = await Post(body, contentType);
        await ExpectJson(response, HttpStatusCode.BadRequest, BadRequestJson);
    }

    [TestCase("text/plain")]
    [TestCase("application/xml")]
    [TestCase("multipart/related; boundary=b")]
    [TestCase("text/json")]
    public async Task OtherContentType_Is415_AsJson(string contentType)
    {
        using var response = await Post("""{"user":"a"}""", contentType);
        await ExpectJson(response, HttpStatusCode.UnsupportedMediaType, BadRequestJson);
        Assert.That(_log.Take(), Is.Empty);
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
        Assert.That(_log.Take(), Is.EqualTo(["""{"user":"q"}"""]));
    }

    [Test]
    public async Task Size_UpToTheLimit_IsStored_BeyondIs413([Values] bool chunked, [Values("", "?q=1")] string query)
    {
        await using var app = await StartApp(new() { ["MESSAGE_MAX_BYTES"] = "2048" });
        var largest = Sized(query.Length == 0 ? 2048 : 2048 - "\"q\":\"1\",".Length);
        using var fits = await Post(app, largest, "application/json", query, chunked);
        Assert.That(fits.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(_log.Take().Single(), Has.Length.EqualTo(2048));
        using var larger = await Post(app, largest.Replace("x", "xx", StringComparison.Ordinal), "application/json", query, chunked);
        await ExpectJson(larger, HttpStatusCode.RequestEntityTooLarge, BadRequestJson);
        Assert.That(_log.Take(), Is.Empty);
    }

    [Test]
    public async Task Form_PercentEncoded_MayBeLarger_ThanTheMessage()
    {
        await using var app = await StartApp(new() { ["MESSAGE_MAX_BYTES"] = "2048" });
        using var fits = await Post(app, "user=a&x=" + string.Concat(Enumerable.Repeat("%78", 2000)), "application/x-www-form-urlencoded");
        Assert.That(fits.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        using var larger = await Post(app, "user=a&x=" + new string('x', 2100), "application/x-www-form-urlencoded");
        await ExpectJson(larger, HttpStatusCode.RequestEntityTooLarge, BadRequestJson);
        using var muchLarger = await Post(app, "user=a&x=" + new string('x', 200_000), "application/x-www-form-urlencoded");
        await ExpectJson(muchLarger, HttpStatusCode.RequestEntityTooLarge, BadRequestJson);
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
        Assert.That(_log.Headers, Is.EqualTo(new KeyValuePair<string, string>[] { new("traceparent", "00-0af7-b7ad-01"), new("tracestate", "a=1,b=2") }));
        using var parent = await Post("""{"user":"a"}""", headers: [("traceparent", "anything")]);
        Assert.That(_log.Headers, Is.EqualTo(new KeyValuePair<string, string>[] { new("traceparent", "anything") }));
        using var state = await Post("""{"user":"a"}""", headers: [("tracestate", "a=1")]);
        Assert.That(_log.Headers, Is.Empty);
    }

    [TestCase(AppendOutcome.NotStored, "Not stored: the log cannot take the message now.")]
    [TestCase(AppendOutcome.Unknown, "Outcome unknown: the log may have the message; a repeated POST may deliver it twice.")]
    public async Task LogDoesNotSay_Stored_Is503_AndSaysWhich(object outcome, string detail)
    {
        _log.Outcome = (AppendOutcome)outcome;
        using var response = await Post("""{"user":"a"}""");
        await ExpectJson(response, HttpStatusCode.ServiceUnavailable, $$$"""{"errors":{"detail":"{{{detail}}}"}}""");
        Assert.That(response.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task LogSays_TooLarge_Is413()
    {
        _log.Outcome = AppendOutcome.TooLarge;
        using var response = await Post("""{"user":"a"}""");
        await ExpectJson(response, HttpStatusCode.RequestEntityTooLarge, BadRequestJson);
        Assert.That(response.Headers.RetryAfter, Is.Null);
    }

    [Test]
    public async Task Stopping_Is503_NotStored()
    {
        // A request that is under way keeps the listeners open while the host stops.
        var content = new HoldingContent("""{"user":"a"}""");
        using var client = new HttpClient { BaseAddress = _app.Api.BaseAddress, Timeout = TestApp.Timeout };
        var underWay = client.PostAsync(Path, content);
        await content.Sent.WaitAsync(TestApp.Timeout);
        _app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using var refused = await Post("""{"user":"b"}""");
        await ExpectJson(refused, HttpStatusCode.ServiceUnavailable, """{"errors":{"detail":"Not stored: this node is stopping."}}""");
        Assert.That(refused.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
        content.Release();
        using var response = await underWay;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(_log.Take(), Is.EqualTo(["""{"user":"a"}"""]));
    }

    [Test]
    public async Task Outcomes_AreCounted()
    {
        var outcomes = new List<string>();
        using var listener = new MeterListener();
        var meters = _app.Services.GetRequiredService<IMeterFactory>();
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
        _log.Outcome = AppendOutcome.NotStored;
        using var notStored = await Post("""{"user":"a"}""");
        _log.Outcome = AppendOutcome.Unknown;
        using var unknown = await Post("""{"user":"a"}""");
        Assert.That(outcomes, Is.EqualTo(["stored", "invalid", "unsupported_type", "too_large", "not_stored", "unknown"]));
    }

    [Test]
    public async Task OtherMethod_Is404()
    {
        using var response = await _app.Api.GetAsync(Path);
        await ExpectJson(response, HttpStatusCode.NotFound, """{"errors":{"detail":"Not found"}}""");
    }

    [Test]
    public async Task OnTheExternalPort_NothingIsPublished()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent("""{"user":"a"}""", Encoding.UTF8, "application/json") };
        request.Headers.Host = _app.Api.BaseAddress!.Authority;
        using var response = await _app.External.SendAsync(request);
        await ExpectBare(response, HttpStatusCode.NotFound, """{"message":"Route is not available"}""");
        Assert.That(_log.Take(), Is.Empty);
    }

    private static string Sized(int bytes)
    {
        const string Frame = """{"user":"a","t":""}""";
        return Frame.Insert(Frame.Length - 2, new string('x', bytes - Frame.Length));
    }

    private static async Task ExpectNoUser(HttpResponseMessage response, string dump, string field = "user") => await ExpectBare(
        response,
        HttpStatusCode.BadRequest,
        $"Bad request: expected user-ID in field \"{field}\", got \"{dump}\".\nPlease make sure the Content-Type is set correctly and that you actually pass a map.\n");

    private static async Task ExpectBare(HttpResponseMessage response, HttpStatusCode status, string text)
    {
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(text));
        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
    }

    private static async Task ExpectJson(HttpResponseMessage response, HttpStatusCode status, string json)
    {
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(json));
        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/json; charset=utf-8"));
    }

    private static async Task<HttpResponseMessage> Post(TestApp app, string body, string? contentType = "application/json", string query = "", bool chunked = false)
        => await Send(app, Encoding.UTF8.GetBytes(body), contentType, query, chunked, []);

    private static async Task<HttpResponseMessage> Send(TestApp app, byte[] body, string? contentType, string query, bool chunked, (string Name, string Value)[] headers)
    {
        // The client would repair a malformed query otherwise.
        var address = new Uri(new Uri(app.Api.BaseAddress!, Path) + query, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        if (contentType is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await app.Api.SendAsync(request);
    }

    private async Task<HttpResponseMessage> Post(
        string body, string? contentType = "application/json", string query = "", bool chunked = false, (string Name, string Value)[]? headers = null)
        => await Send(_app, Encoding.UTF8.GetBytes(body), contentType, query, chunked, headers ?? []);

    private async Task<HttpResponseMessage> Post(byte[] body, string contentType) => await Send(_app, body, contentType, "", false, []);

    private Task<TestApp> StartApp(Dictionary<string, string?> settings) => TestApp.Start(
        add: (builder, reader) =>
        {
            builder.Services.AddSingleton<IMessageLog>(_log);
            builder.Services.AddSingleton<GatewayMetrics>();
            builder.AddMessages(reader);
            builder.AddPublishing();
        },
        api: routes => routes.MapPublishing(),
        settings: settings);
}
