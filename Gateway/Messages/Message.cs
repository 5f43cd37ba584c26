using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RigKafka.Messages;

/// <summary>One JSON object from a back-end, addressed to a user: checked, on one line, never decoded further than needed.</summary>
internal readonly struct Message
{
    /// <summary>How deep a message may be nested; what .NET's JSON readers allow by default.</summary>
    public const int MaxDepth = 64;

    private readonly UserToken _user;

    private Message(ReadOnlyMemory<byte> json, UserToken user) => (Json, _user) = (json, user);

    /// <summary>The object as UTF-8 JSON without a line break.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The most characters that <see cref="CopyUser"/> may write.</summary>
    public int MaxUserChars => _user.Length;

    /// <summary>
    /// The check of a message, for what is published and for what is read from the log: a single pass
    /// that finds the user field. A line break between JSON tokens becomes a space, so that the value
    /// stays the same and fits one line of an event stream. A byte order mark is left out.
    /// </summary>
    /// <param name="utf8">The bytes; they are kept, and must not change afterwards.</param>
    /// <param name="userField">The name of the user field, as UTF-8.</param>
    /// <param name="message">The message, when the answer is <see cref="MessageFault.None"/>.</param>
    public static MessageFault TryParse(ReadOnlyMemory<byte> utf8, ReadOnlySpan<byte> userField, out Message message)
    {
        message = default;
        utf8 = StrictJson.SkipByteOrderMark(utf8);
        if (!Utf8.IsValid(utf8.Span))
        {
            return MessageFault.InvalidUtf8;
        }

        // Outside of strings a line break can only be white space, and inside a string JSON forbids it.
        if (utf8.Span.ContainsAny((byte)'\n', (byte)'\r'))
        {
            var oneLine = utf8.ToArray();
            oneLine.AsSpan().Replace((byte)'\n', (byte)' ');
            oneLine.AsSpan().Replace((byte)'\r', (byte)' ');
            // A break inside a string has become a space by now and would go unnoticed below.
            if (Check(utf8.Span, userField, out _) is var fault and not MessageFault.None)
            {
                return fault;
            }

            utf8 = oneLine;
        }

        var found = Check(utf8.Span, userField, out var user);
        if (found is MessageFault.None)
        {
            message = new Message(utf8, user);
        }

        return found;
    }

    /// <summary>
    /// Writes the user's name, unescaped; a number as it is written, <c>null</c> as nothing. Returns the characters written.
    /// </summary>
    public int CopyUser(Span<char> destination)
    {
        var raw = Json.Span.Slice(_user.Start, _user.Length);
        if (!_user.Escaped)
        {
            return Encoding.UTF8.GetChars(raw, destination);
        }

        var reader = new Utf8JsonReader(Json.Span.Slice(_user.Start - 1, _user.Length + 2));
        reader.Read();
        return reader.CopyString(destination);
    }

    /// <summary>
    /// The object as an array: the one that the message was parsed from, where the message is all of it; else a copy. It never changes.
    /// </summary>
    public byte[] ToArray() =>
        MemoryMarshal.TryGetArray(Json, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : Json.ToArray();

    /// <summary>The user's name.</summary>
    public string User()
    {
        var chars = ArrayPool<char>.Shared.Rent(MaxUserChars);
        try
        {
            return new string(chars, 0, CopyUser(chars));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    /// <summary>Whether this is the user's name.</summary>
    public bool IsFor(ReadOnlySpan<char> user)
    {
        var chars = ArrayPool<char>.Shared.Rent(MaxUserChars);
        try
        {
            return user.SequenceEqual(chars.AsSpan(0, CopyUser(chars)));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars);
        }
    }

    private static MessageFault Check(ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> userField, out UserToken user)
    {
        user = default;
        // One level more than is allowed, so that too deep and invalid can be told apart: the reader throws the same for both.
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        try
        {
            reader.Read();
            var fault = reader.TokenType == JsonTokenType.StartObject ? MessageFault.NoUser : MessageFault.NotAnObject;
            while (reader.Read())
            {
                // What stands in the deepest level that is allowed has the same depth as a level that opens there.
                if (reader.CurrentDepth == MaxDepth && reader.TokenType is (JsonTokenType.StartObject or JsonTokenType.StartArray))
                {
                    return MessageFault.TooDeep;
                }

                // Only in an object is there a name at this depth.
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName || !reader.IsText(userField))
                {
                    continue;
                }

                reader.Read();
                fault = fault switch
                {
                    MessageFault.NoUser => TakeUser(ref reader, out user),
                    _ => MessageFault.UserTwice,
                };
            }

            return fault;
        }
        catch (JsonException)
        {
            return MessageFault.InvalidJson;
        }
    }

    private static MessageFault TakeUser(ref Utf8JsonReader reader, out UserToken user)
    {
        var start = (int)reader.TokenStartIndex;
        user = default;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                user = new UserToken(start, 0, false);
                return MessageFault.None;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                user = new UserToken(start, reader.ValueSpan.Length, false);
                return MessageFault.None;
            case JsonTokenType.String:
                user = new UserToken(start + 1, reader.ValueSpan.Length, reader.ValueIsEscaped);
                return reader.ValueIsEscaped && reader.Text() is null ? MessageFault.InvalidUser : MessageFault.None;
            default:
                return MessageFault.InvalidUser;
        }
    }

    private readonly record struct UserToken(int Start, int Length, bool Escaped);
}
