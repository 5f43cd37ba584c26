using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Publishing;
using RigKafka.Telemetry;

namespace RigKafka.Tests.Publishing;

/// <summary><c>POST /v1/messages</c> over a real connection, the log replaced by one that records.</summary>
internal abstract class PublishingFixture
{
    protected const string Path = "/v1/messages";
    protected const string Queued = "message queued for transport";
    protected const string UnreadableForm = "Bad request: the form or the query cannot be read: expected names and values, percent-encoded UTF-8 or multipart without files.";
    protected const string BadGzip = "Bad request: the body is not gzip, or breaks off, though its content-encoding says gzip.";

    protected RecordingLog Log { get; } = new();

    protected TestApp App { get; private set; } = null!;

    [SetUp]
    public async Task Start()
    {
        Log.Outcome = AppendOutcome.Stored;
        Log.Take();
        App = await StartApp([]);
    }

    [TearDown]
    public async Task Stop() => await App.DisposeAsync();

    protected static string Sized(int bytes)
    {
        const string Frame = """{"user":"a","t":""}""";
        return Frame.Insert(Frame.Length - 2, new string('x', bytes - Frame.Length));
    }

    protected static async Task ExpectNoUser(HttpResponseMessage response, string dump, string field = "user") => await ExpectBare(
        response,
        HttpStatusCode.BadRequest,
        $"Bad request: expected user-ID in field \"{field}\", got \"{dump}\".\nPlease make sure the Content-Type is set correctly and that you actually pass a map.\n");

    protected static string TooLarge(int bytes) => $"Bad request: expected a message of at most {bytes} bytes (MESSAGE_MAX_BYTES), and no more than the topic takes.";

    protected static string BodyTooLarge(int bytes) => $"Bad request: expected a body of at most {bytes} bytes.";

    protected static Task ExpectDetail(HttpResponseMessage response, HttpStatusCode status, string detail)
        => ExpectJson(response, status, ErrorJson(detail));

    protected static string ErrorJson(string detail) => $$$"""{"errors":{"detail":"{{{detail}}}"}}""";

    protected static async Task ExpectBare(HttpResponseMessage response, HttpStatusCode status, string text)
    {
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(text));
        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Content.Headers.ContentType, Is.Null);
    }

    protected static async Task ExpectJson(HttpResponseMessage response, HttpStatusCode status, string json)
    {
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(json));
        Assert.That(response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/json; charset=utf-8"));
    }

    protected static async Task<HttpResponseMessage> Post(
        TestApp app,
        string body,
        string? contentType = "application/json",
        string query = "",
        bool chunked = false)
        => await Send(app, Encoding.UTF8.GetBytes(body), contentType, query, chunked, []);

    private static async Task<HttpResponseMessage> Send(
        TestApp app,
        byte[] body,
        string? contentType,
        string query,
        bool chunked,
        (string Name, string Value)[] headers)
    {
        // The client would repair a malformed query otherwise.
        var address = new Uri(
            new Uri(app.Api.BaseAddress!, Path) + query,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
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

    protected async Task<HttpResponseMessage> Post(
        string body, string? contentType = "application/json", string query = "", bool chunked = false, (string Name, string Value)[]? headers = null)
        => await Send(App, Encoding.UTF8.GetBytes(body), contentType, query, chunked, headers ?? []);

    protected async Task<HttpResponseMessage> Post(byte[] body, string contentType) => await Send(App, body, contentType, "", false, []);

    protected Task<TestApp> StartApp(Dictionary<string, string?> settings) => TestApp.Start(
        add: (builder, reader) =>
        {
            builder.Services.AddSingleton<IMessageLog>(Log);
            builder.Services.AddSingleton<GatewayMetrics>();
            builder.AddMessages(reader);
            builder.AddPublishing();
        },
        api: routes => routes.MapPublishing(),
        settings: settings);
}
