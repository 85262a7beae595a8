// SPDX-License-Identifier: MIT
// The chunks of a WAVE file, one behind the other, whatever their sizes say.
#include <string.h>

#include "wav_read_internal.h"

#define DS64_ENTRY_BYTES 12
#define DS64_ENTRIES_MAX 16 // nobody writes more than one
#define SEARCH_BYTES 65536  // how far the next chunk is looked for where the chain is broken
#define SEARCH_STEP_BYTES 1024
// Programs that write into a pipe leave such sizes: sox 0x7FFFF000, arecord up to 0x7FFFFFFF.
#define PLACEHOLDER_MIN UINT32_C(0x7FFF0000)

bool mjs_wav_chunk_bytes(struct mjs_wav_reader *reader, void *bytes_out, size_t bytes,
                         uint64_t offset) {
    const struct mjs_wav_source *source = reader->source;
    if (reader->result != MJS_OK || offset > source->bytes || source->bytes - offset < bytes)
        return false;
    size_t done = 0;
    while (done < bytes) {
        int64_t got =
            source->read(source->opaque, (uint8_t *)bytes_out + done, bytes - done, offset + done);
        if (got < 0)
            reader->result = mjs_result_fail_errno(reader->err, (int)-got, "cannot read the file");
        if (got <= 0)
            return false; // 0: it became shorter meanwhile
        done += (size_t)got;
    }
    return true;
}

// Chunks that are recognised also where they are cut, or where the chain is broken.
static bool is_known_id(const uint8_t *id) {
    static const char names[][5] = {"fmt ", "data", "fact", "LIST", "bext", "iXML", "id3 ",
                                    "ID3 ", "cue ", "smpl", "inst", "JUNK", "junk", "PEAK",
                                    "plst", "axml", "chna", "cart", "PAD ", "FLLR", "umid"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (mjs_wav_is_id(id, names[i]))
            return true;
    }
    return false;
}

// Another file that was put behind this one.
static bool is_container_id(const uint8_t *id) {
    return mjs_wav_is_id(id, "RIFF") || mjs_wav_is_id(id, "RIFX") || mjs_wav_is_id(id, "RF64") ||
           mjs_wav_is_id(id, "BW64");
}

// What programs put behind a file without making it a chunk: tags of MP3 files, other files.
static bool is_foreign(const uint8_t *id) {
    return is_container_id(id) || memcmp(id, "ID3", 3) == 0 || memcmp(id, "TAG", 3) == 0 ||
           mjs_wav_is_id(id, "APET");
}

static bool is_printable(const uint8_t *id) {
    for (int i = 0; i < 4; i++) {
        if (id[i] < 0x20 || id[i] > 0x7E)
            return false;
    }
    return !mjs_wav_is_id(id, "    ");
}

// Sizes that do not fit into 32 bits stand in ds64: the sound's in a field, others' in a table.
static void take_wide_size(struct mjs_wav_reader *reader, struct mjs_wav_head *head) {
    uint64_t ds64 = reader->info->ds64_offset;
    uint8_t bytes[DS64_ENTRY_BYTES];
    if (ds64 == 0)
        return;
    if (mjs_wav_is_id(head->id, "data")) {
        head->from_ds64 = mjs_wav_chunk_bytes(reader, bytes, 8, ds64 + 8);
        if (head->from_ds64)
            head->named = mjs_wav_u64(bytes);
        return;
    }
    uint32_t entries = 0;
    if (reader->info->ds64_bytes >= MJS_WAV_DS64_BYTES &&
        mjs_wav_chunk_bytes(reader, bytes, 4, ds64 + 24))
        entries = mjs_wav_u32(bytes, false);
    for (uint32_t i = 0; i < entries && i < DS64_ENTRIES_MAX; i++) {
        if (!mjs_wav_chunk_bytes(reader, bytes, sizeof bytes,
                                 ds64 + MJS_WAV_DS64_BYTES + i * sizeof bytes))
            return;
        if (memcmp(bytes, head->id, 4) == 0)
            head->named = mjs_wav_u64(bytes + 4);
    }
}

// Is a chunk's head there? Its size must fit into the file. `data` and `fmt ` may also be cut, and
// behind the sound every chunk that has a known name.
bool mjs_wav_chunk_head(struct mjs_wav_reader *reader, uint64_t offset, bool behind_data,
                        struct mjs_wav_head *head) {
    uint8_t bytes[MJS_WAV_HEAD_BYTES];
    if (!mjs_wav_chunk_bytes(reader, bytes, sizeof bytes, offset))
        return false;
    memcpy(head->id, bytes, sizeof head->id);
    head->named = mjs_wav_u32(bytes + 4, reader->info->big_endian);
    head->from_ds64 = false;
    if (!is_printable(bytes) || is_container_id(bytes))
        return false;
    if (mjs_wav_is_wide(reader->info) && head->named == UINT32_MAX)
        take_wide_size(reader, head);
    return head->named <= reader->source->bytes - offset - MJS_WAV_HEAD_BYTES ||
           mjs_wav_is_id(bytes, "data") || mjs_wav_is_id(bytes, "fmt ") ||
           (behind_data && is_known_id(bytes));
}

// The next chunk with a known name, not far behind `*offset`.
static bool search_head(struct mjs_wav_reader *reader, uint64_t *offset,
                        struct mjs_wav_head *head) {
    uint8_t bytes[SEARCH_STEP_BYTES + 3];
    for (uint64_t step = *offset; step < *offset + SEARCH_BYTES; step += SEARCH_STEP_BYTES) {
        uint64_t left = step < reader->source->bytes ? reader->source->bytes - step : 0;
        size_t there = left < sizeof bytes ? (size_t)left : sizeof bytes;
        if (there < 4 || !mjs_wav_chunk_bytes(reader, bytes, there, step))
            return false;
        for (size_t i = 0; i + 4 <= there && i < SEARCH_STEP_BYTES; i++) {
            if (is_known_id(bytes + i) && mjs_wav_chunk_head(reader, step + i, false, head)) {
                *offset = step + i;
                return true;
            }
        }
    }
    return false;
}

// How much of the file is sound. `*fault` says why where that is not what the chunk says.
static uint64_t measure_data(struct mjs_wav_reader *reader, uint64_t offset,
                             const struct mjs_wav_head *head, enum mjs_wav_fault *fault) {
    uint64_t there = reader->source->bytes - offset;
    uint64_t named = head->named;
    *fault = MJS_WAV_FAULT_NONE;
    if (named > there) {
        bool placeholder = !head->from_ds64 && named >= PLACEHOLDER_MIN;
        *fault = placeholder ? MJS_WAV_DATA_UNSET : MJS_WAV_DATA_CUT;
        return there;
    }
    uint64_t pad = named % 2;
    uint64_t tail = there - named;
    // Less than a frame is no sound that was forgotten.
    uint64_t frame_bytes = reader->info->fmt.known ? reader->info->fmt.block_bytes : 2;
    if (tail <= pad || tail - pad < frame_bytes)
        return named;
    uint64_t end = offset + named;
    struct mjs_wav_head next;
    uint8_t id[4];
    if (mjs_wav_chunk_head(reader, end + pad, true, &next) ||
        (pad && mjs_wav_chunk_head(reader, end, true, &next)) ||
        (mjs_wav_chunk_bytes(reader, id, sizeof id, end + pad) && is_foreign(id)))
        return named;
    *fault = named == 0 ? MJS_WAV_DATA_UNSET : MJS_WAV_DATA_STALE;
    return there;
}

// Where the chunk behind this one begins: some programs forget the pad byte.
static void find_next(struct mjs_wav_reader *reader, struct mjs_wav_chunk *chunk,
                      bool behind_data) {
    uint64_t end = chunk->offset + chunk->bytes;
    struct mjs_wav_head next;
    chunk->next = end;
    chunk->pad_missing = false;
    if (chunk->bytes % 2 == 0)
        return;
    chunk->pad_missing =
        end == reader->source->bytes || (!mjs_wav_chunk_head(reader, end + 1, behind_data, &next) &&
                                         mjs_wav_chunk_head(reader, end, behind_data, &next));
    chunk->next = chunk->pad_missing ? end : end + 1;
}

// The chunk at `at`, or (before the sound) a little behind. False: there is none.
bool mjs_wav_chunk_next(struct mjs_wav_reader *reader, uint64_t at, struct mjs_wav_chunk *chunk,
                        enum mjs_wav_fault *data_fault, bool *from_ds64) {
    const struct mjs_wav_info *info = reader->info;
    bool behind_data = info->data.offset != 0 && at >= info->data.offset;
    struct mjs_wav_head head;
    if (!mjs_wav_chunk_head(reader, at, behind_data, &head)) {
        if (behind_data || reader->result != MJS_OK || !search_head(reader, &at, &head))
            return false;
    }
    *chunk = (struct mjs_wav_chunk){.offset = at + MJS_WAV_HEAD_BYTES, .named = head.named};
    memcpy(chunk->id, head.id, sizeof chunk->id);
    if (chunk->offset == info->data.offset) {
        *chunk = info->data;
        return true;
    }
    uint64_t there = reader->source->bytes - chunk->offset;
    chunk->bytes = head.named < there ? head.named : there;
    *from_ds64 = head.from_ds64;
    bool is_data = mjs_wav_is_id(head.id, "data");
    if (is_data && info->data.offset == 0)
        chunk->bytes = measure_data(reader, chunk->offset, &head, data_fault);
    find_next(reader, chunk, behind_data || is_data);
    return reader->result == MJS_OK;
}
