using System.Buffers;
using System.Text;
using System.Text.Json;
using RigKafka.Messages;

namespace RigKafka.Publishing;

/// <summary>Makes the JSON object of a message from forms, query parameters, and JSON values that are not objects.</summary>
internal static class MessageComposer
{
    /// <summary>The field for a JSON value that is not an object, as the original had it.</summary>
    private const string ValueField = "_json";

    /// <summary>
    /// The fields of the query and of the body; of two with the same name the body's counts. Null if either cannot be read.
    /// </summary>
    public static async ValueTask<byte[]?> Compose(HttpRequest request, ContentKind kind, byte[] body)
    {
        if (QueryOf(request) is not { } query)
        {
            return null;
        }

        if (kind is ContentKind.Json && body.Length > 0)
        {
            return Splice(query, StrictJson.SkipByteOrderMark(body.AsMemory()));
        }

        if (await FormOf(request.ContentType, kind, body) is not { } form)
        {
            return null;
        }

        form.AddMissing(query);
        var json = new ArrayBufferWriter<byte>();
        form.WriteObject(json);
        return json.WrittenSpan.ToArray();
    }

    private static Params? QueryOf(HttpRequest request)
    {
        var query = request.QueryString.HasValue ? Encoding.UTF8.GetBytes(request.QueryString.Value!) : [];
        var pairs = new List<KeyValuePair<string, string?>>();
        var isWellFormed = UrlEncoded.TryDecode(query.AsSpan(Math.Min(1, query.Length)), pairs);
        return isWellFormed && Params.TryCreate(pairs, out var created) ? created : null;
    }

    private static async ValueTask<Params?> FormOf(string? contentType, ContentKind kind, byte[] body)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        var isWellFormed = kind switch
        {
            ContentKind.Form => UrlEncoded.TryDecode(body, pairs),
            ContentKind.Multipart => await MultipartForm.TryDecode(contentType, body, pairs),
            _ => true,
        };
        return isWellFormed && Params.TryCreate(pairs, out var created) ? created : null;
    }

    /// <summary>
    /// Puts the query's fields before those of the body, whose bytes stay the same. The check of the message finds what is not JSON.
    /// </summary>
    private static byte[] Splice(Params query, ReadOnlyMemory<byte> utf8)
    {
        var body = utf8.Span;
        var json = new ArrayBufferWriter<byte>(body.Length + 64);
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Message.MaxDepth });
        try
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                SpliceObject(query, body, ref reader, json);
            }
            else
            {
                Wrap(query, body, ref reader, json);
            }

            return json.WrittenSpan.ToArray();
        }
        catch (JsonException)
        {
            return utf8.ToArray();
        }
    }

    private static void SpliceObject(Params query, ReadOnlySpan<byte> body, ref Utf8JsonReader reader, ArrayBufferWriter<byte> json)
    {
        var afterBrace = (int)reader.BytesConsumed;
        var isEmpty = true;
        while (reader.Read())
        {
            if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName)
            {
                isEmpty = false;
                RemoveCurrent(query, ref reader);
            }
        }

        json.Write("{"u8);
        query.WriteFields(json);
        json.Write(query.Count > 0 && !isEmpty ? ","u8 : ""u8);
        json.Write(body[afterBrace..]);
    }

    private static void Wrap(Params query, ReadOnlySpan<byte> body, ref Utf8JsonReader reader, ArrayBufferWriter<byte> json)
    {
        while (reader.Read())
        {
        }

        query.Remove(ValueField);
        json.Write("{"u8);
        query.WriteFields(json);
        json.Write(query.Count > 0 ? ","u8 : ""u8);
        JsonText.WriteString(json, ValueField);
        json.Write(":"u8);
        json.Write(body);
        json.Write("}"u8);
    }

    private static void RemoveCurrent(Params query, ref Utf8JsonReader reader)
    {
        // A query cannot hold a name that is not text.
        if (query.Count > 0 && reader.Text() is { } name)
        {
            query.Remove(name);
        }
    }
}
