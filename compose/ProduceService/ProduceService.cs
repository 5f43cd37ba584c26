using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Confluent.Kafka;

namespace RigKafka.Compose;

/// <summary>
/// The service behind the gateway in the original's example: what a browser POSTs to <c>/produce</c> becomes a record in the gateway's source topic.
/// It registers itself with the gateway at start.
/// </summary>
internal static class ProduceService
{
    private const string Id = "kafka-service";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static async Task Main(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var settings = builder.Configuration;
        if (settings["urls"] is null)
        {
            builder.WebHost.UseUrls("http://localhost:8000");
        }

        var (topic, userField) = (settings["KAFKA_TOPIC"] ?? "rig", settings["MESSAGE_USER_FIELD"] ?? "user");
        // The same key and partitioner as for the gateway's own records, so that one user's messages keep their order.
        using var producer = new ProducerBuilder<string, byte[]>(new ProducerConfig
        {
            BootstrapServers = settings["KAFKA_HOSTS"] ?? "localhost:9092",
            Acks = Acks.All,
            LingerMs = 0,
            Partitioner = Partitioner.Murmur2Random,
        }).Build();

        await using var app = builder.Build();
        app.MapPost("/produce", context => Produce(context, producer, topic, userField));
        await app.StartAsync();
        await Introduce(app, settings["GATEWAY_API"] ?? "http://localhost:4010", settings["SERVICE_HOST"] ?? "localhost");
        await app.WaitForShutdownAsync();
    }

    private static async Task Produce(HttpContext context, IProducer<string, byte[]> producer, string topic, string userField)
    {
        // The gateway adds nothing to a service's answers: the service decides which origins may read them.
        context.Response.Headers.AccessControlAllowOrigin = "*";
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (Parse(body.ToArray(), userField) is not { } message)
        {
            await Answer(context, StatusCodes.Status400BadRequest, "error", $"expected a JSON object with the text field \"{userField}\".");
            return;
        }

        try
        {
            await producer.ProduceAsync(topic, new Message<string, byte[]> { Key = (string)message[userField]!, Value = body.ToArray() }, context.RequestAborted);
            await Answer(context, StatusCodes.Status200OK, "ok", message);
        }
        catch (ProduceException<string, byte[]> failure)
        {
            await Answer(context, StatusCodes.Status503ServiceUnavailable, "error", failure.Error.Reason);
        }
    }

    /// <summary>The content type does not matter: without a preflight a page can send JSON to another origin only as plain text.</summary>
    private static JsonObject? Parse(byte[] body, string userField)
    {
        try
        {
            return JsonNode.Parse(body) is JsonObject message && message[userField]?.GetValueKind() == JsonValueKind.String ? message : null;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static Task Answer(HttpContext context, int status, string word, JsonNode message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new JsonObject { ["status"] = word, ["message"] = message });
    }

    /// <summary>Asks the gateway to pass calls on, until it answers and accepts.</summary>
    private static async Task Introduce(WebApplication app, string gateway, string host)
    {
        var definition = new JsonObject
        {
            ["id"] = Id,
            ["name"] = Id,
            ["version_data"] = new JsonObject
            {
                ["default"] = new JsonObject
                {
                    ["endpoints"] = new JsonArray(new JsonObject { ["id"] = "kafka-producer-endpoint", ["path"] = "/produce", ["method"] = "POST", ["not_secured"] = true }),
                },
            },
            ["proxy"] = new JsonObject { ["use_env"] = false, ["target_url"] = host, ["port"] = new Uri(app.Urls.First()).Port },
        };
        using var http = new HttpClient { BaseAddress = new Uri(gateway) };
        var ending = app.Lifetime.ApplicationStopping;
        while (!ending.IsCancellationRequested)
        {
            try
            {
                using var posted = await http.PostAsJsonAsync("/v1/apis", definition, ending);
                // From an earlier start of this service, which may have had another port.
                using var answer = posted.StatusCode == HttpStatusCode.Conflict ? await http.PutAsJsonAsync($"/v1/apis/{Id}", definition, ending) : posted;
                if (answer.IsSuccessStatusCode)
                {
                    Console.WriteLine($"The gateway at {gateway} passes POST /produce on to {app.Urls.First()}.");
                    return;
                }

                Console.WriteLine($"The gateway at {gateway} answered {(int)answer.StatusCode}: asking again.");
            }
            catch (HttpRequestException failure)
            {
                Console.WriteLine($"The gateway at {gateway} does not answer yet ({failure.HttpRequestError}): asking again.");
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Pause, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
