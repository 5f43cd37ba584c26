using RigKafka.Http;
using RigKafka.Log;
using RigKafka.Messages;
using RigKafka.Telemetry;

namespace RigKafka.Publishing;

/// <summary><c>POST /v1/messages</c>: appends a message to the log, and answers whether it is stored.</summary>
internal sealed partial class PublishEndpoint(
    IMessageLog log, MessageOptions options, GatewayMetrics metrics, ILogger<PublishEndpoint> logger)
{
    private const string NotStored = "Not stored: the log cannot take the message now.";
    private const string Undecided = "Outcome unknown: the log may have the message; a repeated POST may deliver it twice.";

    private static readonly byte[] Queued = "message queued for transport"u8.ToArray();

    private readonly int _maxFormBytes = MaxBodyBytes(options);
    private readonly string _tooLarge = $"Bad request: expected a message of at most {options.MaxBytes} bytes (MESSAGE_MAX_BYTES), and no more than the topic takes.";

    /// <summary>
    /// The largest body of any kind, in bytes: percent-encoding makes three bytes of one, and a multipart body has headers around its
    /// values.
    /// </summary>
    public static int MaxBodyBytes(MessageOptions options) => (options.MaxBytes * 3) + 65_536;

    public async Task Handle(HttpContext context)
    {
        var request = context.Request;
        var kind = ContentTypes.KindOf(request.ContentType);
        if (kind is ContentKind.Unsupported)
        {
            metrics.Published(Outcomes.UnsupportedType);
            await context.AnswerError(StatusCodes.Status415UnsupportedMediaType, BadRequestText.OtherType);
            return;
        }

        var maxBytes = kind is ContentKind.Json ? options.MaxBytes : _maxFormBytes;
        var (body, refusal) = kind is ContentKind.None ? ([], 0) : await RequestBody.Read(request, maxBytes);
        if (body is null)
        {
            await AnswerRefused(context, refusal, maxBytes);
            return;
        }

        // The common case: the body is the message, and the log gets its bytes as they are.
        var isMessage = kind is ContentKind.Json && body.Length > 0 && !request.QueryString.HasValue;
        var json = isMessage ? body : await MessageComposer.Compose(request, kind, body);
        var fault = Check(json, out var message);
        if (fault is MessageFault.NotAnObject)
        {
            json = await MessageComposer.Compose(request, kind, body);
            fault = Check(json, out message);
        }

        if (fault is not MessageFault.None)
        {
            await AnswerFault(context, fault, json);
        }
        else if (message.Json.Length > options.MaxBytes)
        {
            await Answer(context, AppendOutcome.TooLarge);
        }
        else
        {
            await Answer(context, await log.Append(message, RequestSpan.ToldBy(context)));
        }
    }

    private MessageFault Check(byte[]? json, out Message message)
    {
        message = default;
        return json is null ? MessageFault.InvalidJson : Message.TryParse(json, options.UserFieldUtf8, out message);
    }

    private Task Answer(HttpContext context, AppendOutcome outcome)
    {
        metrics.Published(outcome.Word());
        return outcome == AppendOutcome.Stored
            ? context.AnswerBare(StatusCodes.Status202Accepted, Queued)
            : context.AnswerNotStored(outcome, NotStored, Undecided, _tooLarge);
    }

    private Task AnswerFault(HttpContext context, MessageFault fault, byte[]? json)
    {
        metrics.Published(Outcomes.Invalid);
        LogInvalid(fault);
        var text = BadRequestText.Of(fault, options.UserField, json);
        return fault is MessageFault.InvalidJson or MessageFault.InvalidUtf8
            ? context.AnswerError(StatusCodes.Status400BadRequest, text)
            : context.AnswerBare(StatusCodes.Status400BadRequest, text);
    }

    private Task AnswerRefused(HttpContext context, int refusal, int maxBytes)
    {
        metrics.Published(refusal switch
        {
            StatusCodes.Status413PayloadTooLarge => AppendOutcome.TooLarge.Word(),
            StatusCodes.Status415UnsupportedMediaType => Outcomes.UnsupportedType,
            _ => Outcomes.Invalid,
        });
        return context.AnswerRefusedBody(refusal, maxBytes);
    }

    [LoggerMessage(1300, LogLevel.Debug, "A publisher's request is not a message: {Fault}.", EventName = "PublishInvalid")]
    private partial void LogInvalid(MessageFault fault);

    /// <summary>The outcomes of a POST, as the metric has them.</summary>
    internal static class Outcomes
    {
        public const string Invalid = "invalid";
        public const string UnsupportedType = "unsupported_type";

        public static IEnumerable<string> All => [.. Enum.GetValues<AppendOutcome>().Select(outcome => outcome.Word()), Invalid, UnsupportedType];
    }
}
